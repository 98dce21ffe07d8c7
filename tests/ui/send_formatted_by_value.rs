// A payload is only looked at: `&format!(..)`.
//
// The words are rustc's; because the value comes from a macro, it does not say where the `&` goes.

use orcs::prelude::*;

async fn join(client: Client, room: String) {
    client
        .to(&room)
        .send("news", format!("{} is here", client.id()));
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
