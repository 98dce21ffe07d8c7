// A handler of an event takes the client and the payload; a payload that says nothing is `()`:
// `async fn ping(client: Client, _: ()) { .. }`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

async fn ping(client: Client) {
    client.send("pong", &());
}

pub fn chat() -> Route {
    ws("/ws/chat").on("ping", ping)
}

fn main() {}
