// A room's name is only looked at: `client.join(&room)`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("join", async |client, room: String| client.join(room))
}

fn main() {}
