// An answer is a `Reply`: `Reply(client.rooms())`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("rooms", async |client, ()| client.rooms())
}

fn main() {}
