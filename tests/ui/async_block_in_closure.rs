// The closure itself is `async`: `async |client, room: String| { .. }`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("join", |client: Client, room: String| async {
        client.join(&room);
    })
}

fn main() {}
