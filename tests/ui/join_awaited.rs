// Nothing here waits: what is sent is queued, and what became of it is returned at once.

use orcs::prelude::*;

async fn join(client: Client, room: String) {
    client.join(&room).await;
    client.to(&room).send("user-joined", &client.id()).await;
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
