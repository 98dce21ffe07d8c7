// The client comes first: `async |client, room: String| client.join(&room)`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("join", async |room: String, client: Client| {
        client.join(&room)
    })
}

fn main() {}
