// An answer is a `Reply`: `-> Reply<usize> { Reply(text.len()) }`.

use orcs::prelude::*;

async fn message(_client: Client, text: String) -> usize {
    text.len()
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
