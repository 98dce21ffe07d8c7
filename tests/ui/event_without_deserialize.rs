// `Event` names a payload, `Deserialize` reads it: `#[derive(Deserialize, Event)]`.

use orcs::prelude::*;

#[derive(Event)]
struct Message {
    text: String,
}

async fn message(client: Client, Message { text }: Message) {
    client.to("lobby").send("message", &text);
}

pub fn chat() -> Route {
    ws("/ws/chat").event(message)
}

fn main() {}
