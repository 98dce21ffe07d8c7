// What `.into()` takes is a `std::error::Error`, see error_that_is_none.rs; or a text:
// `Err("a message needs a text".into())`.

use orcs::prelude::*;

#[derive(Debug)]
enum ChatError {
    Empty,
}

async fn message(client: Client, text: String) -> orcs::Result {
    if text.is_empty() {
        return Err(ChatError::Empty.into());
    }
    client.to("lobby").send("message", &text);
    Ok(())
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
