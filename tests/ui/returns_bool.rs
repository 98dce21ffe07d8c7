// An answer is a `Reply`: `-> Reply<bool> { Reply(text.is_empty()) }`.

use orcs::prelude::*;

async fn message(_client: Client, text: String) -> bool {
    text.is_empty()
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
