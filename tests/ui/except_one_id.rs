// One client is left out by a list of one: `[client.id()]`.

use orcs::prelude::*;

async fn message(client: Client, text: String) {
    client
        .manager()
        .broadcast_to_room("lobby", "message", &text, client.id());
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
