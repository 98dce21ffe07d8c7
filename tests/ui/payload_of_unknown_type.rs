// A payload has a type. Where nothing is sent along, it is `()`: `async |client, ()| ..`; where
// anything may be, it is `payload: serde_json::Value`.
//
// What rustc would have one specify is of no use: a closure's type has no name.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("ping", async |client, _| client.send("pong", &()))
}

fn main() {}
