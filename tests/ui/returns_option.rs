// Every envelope with an `id` is answered: `-> Reply<Option<String>> { Reply(Some(text)) }`.

use orcs::prelude::*;

async fn message(_client: Client, text: String) -> Option<Reply<String>> {
    Some(Reply(text))
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
