// A handler is `async`: `async |client, room: String| { .. }`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("join", |client, room: String| {
        client.join(&room);
    })
}

fn main() {}
