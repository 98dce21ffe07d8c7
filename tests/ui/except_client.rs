// Clients are left out by their ids: `.except([client.id()])`.

use orcs::prelude::*;

async fn message(client: Client, text: String) {
    client
        .manager()
        .everyone()
        .except([client])
        .send("message", &text);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
