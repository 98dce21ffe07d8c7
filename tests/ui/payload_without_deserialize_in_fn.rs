// `Serialize` is for what is sent; what is received needs `Deserialize`.

use orcs::prelude::*;

#[derive(Serialize)]
struct Message {
    text: String,
}

async fn message(client: Client, message: Message) {
    client.to("lobby").send("message", &message);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
