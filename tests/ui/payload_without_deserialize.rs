// A payload is read from JSON: `#[derive(Deserialize)]` above `Message`.

use orcs::prelude::*;

struct Message {
    text: String,
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", async |client, message: Message| {
        client.send("message", &message.text)
    })
}

fn main() {}
