// A handler is given a client of its own, which is a cheap handle: `client: Client`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

async fn join(client: &Client, room: String) {
    client.join(&room);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
