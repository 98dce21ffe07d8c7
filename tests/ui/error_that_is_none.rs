// What `?` takes is a `std::error::Error`: `impl std::fmt::Display for ChatError`, then
// `impl std::error::Error for ChatError {}`; the crate thiserror writes both.

use orcs::prelude::*;

#[derive(Debug)]
enum ChatError {
    Empty,
}

fn check(text: &str) -> Result<(), ChatError> {
    match text {
        "" => Err(ChatError::Empty),
        _ => Ok(()),
    }
}

async fn message(client: Client, text: String) -> orcs::Result {
    check(&text)?;
    client.to("lobby").send("message", &text);
    Ok(())
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
