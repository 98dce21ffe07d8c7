// A handler is `async`, also if it waits for nothing: `async fn join(..)`.

use orcs::prelude::*;

fn join(client: Client, room: String) -> orcs::Joined {
    client.join(&room)
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
