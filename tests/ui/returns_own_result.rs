// A handler returns `orcs::Result`: `Err("a message needs a text".into())`.

use orcs::prelude::*;

#[derive(Debug)]
enum ChatError {
    Empty,
}

async fn message(client: Client, text: String) -> Result<(), ChatError> {
    if text.is_empty() {
        return Err(ChatError::Empty);
    }
    client.to("lobby").send("message", &text);
    Ok(())
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
