// A payload outlives the bytes it came in, so it owns its data: `room: String`.
//
// rustc finds this too late for a message of ours: it takes `&str` for one of all lifetimes first.

use orcs::prelude::*;

async fn join(client: Client, room: &str) {
    client.join(room);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
