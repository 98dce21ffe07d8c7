// A handler takes the client and the payload. The rest is found from the client:
// `client.manager()`, `client.state::<Db>()`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

async fn join(client: Client, room: String, manager: WebSocketManager) {
    client.join(&room);
    manager.to(&room).send("user-joined", &client.id());
}

pub fn chat() -> Route {
    ws("/ws/chat").on("join", join)
}

fn main() {}
