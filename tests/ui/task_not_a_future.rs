// A task is a future: `async fn greet(client: Client)`, or `client.spawn(async move { .. })`.

use orcs::prelude::*;

fn greet(client: Client) {
    client.send("welcome", "hi");
}

pub fn chat() -> Route {
    ws("/ws/chat").connect(async |client| {
        client.spawn(greet(client.clone()));
    })
}

fn main() {}
