// `.event` takes its name from the payload: `#[derive(Deserialize, Event)]`.

use orcs::prelude::*;

#[derive(Deserialize)]
struct Message {
    text: String,
}

pub fn chat() -> Route {
    ws("/ws/chat").event(async |client, Message { text }| {
        client.to("lobby").send("message", &text);
    })
}

fn main() {}
