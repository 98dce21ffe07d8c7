// A handler of `disconnect` takes the client and how it ended: `async |client, close| ..`, or
// `async |client, _close| ..`.
//
// The words are rustc's, see argument_missing_in_closure.rs.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").disconnect(async |client| {
        client.to("lobby").send("user-left", &client.id());
    })
}

fn main() {}
