// An answer is a `Reply`: `-> Reply<String> { Reply(text.to_uppercase()) }`.

use orcs::prelude::*;

async fn message(_client: Client, text: String) -> String {
    text.to_uppercase()
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
