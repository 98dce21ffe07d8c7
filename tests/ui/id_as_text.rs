// Ids are read as ids: `to: ClientId` in the payload.

use orcs::prelude::*;

#[derive(Deserialize)]
struct Whisper {
    to: String,
    text: String,
}

async fn whisper(client: Client, Whisper { to, text }: Whisper) {
    client.manager().send_to_client(to, "whisper", &text);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("whisper", whisper)
}

fn main() {}
