// The client comes first: `async fn join(client: Client, Join { room }: Join)`.
//
// Whose arguments are wrong, rustc tells in its own words: `FnOnce` is std's trait. What it would
// wrap in a closure is better put right where it stands.

use orcs::prelude::*;

#[derive(Deserialize)]
struct Join {
    room: String,
}

async fn join(Join { room }: Join, client: Client) {
    client.join(&room);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
