// A handler of an event takes the client and the payload; a payload that says nothing is `()`:
// `async |client, ()| client.send("pong", &())`.
//
// The words are rustc's; of a closure it does not even name the arguments that are expected.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("ping", async |client| client.send("pong", &()))
}

fn main() {}
