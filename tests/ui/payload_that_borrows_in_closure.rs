// A payload owns its data: `async |client, room: String| client.join(&room)`.
//
// rustc finds this too late for a message of ours, see payload_that_borrows.rs.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("join", async |client, room: &str| client.join(room))
}

fn main() {}
