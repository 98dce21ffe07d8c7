// A payload owns its data: `struct Join { room: String }`.
//
// rustc finds this too late for a message of ours, see payload_that_borrows.rs.

use orcs::prelude::*;

#[derive(Deserialize)]
struct Join<'a> {
    room: &'a str,
}

async fn join(client: Client, Join { room }: Join<'_>) {
    client.join(room);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
