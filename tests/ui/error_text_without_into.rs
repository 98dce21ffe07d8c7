// A text becomes an error by `.into()`: `Err("a message needs a text".into())`.

use orcs::prelude::*;

async fn message(client: Client, text: String) -> orcs::Result {
    if text.is_empty() {
        return Err("a message needs a text");
    }
    client.to("lobby").send("message", &text);
    Ok(())
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
