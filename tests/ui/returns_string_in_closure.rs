// An answer is a `Reply`: `Reply(text.to_uppercase())`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("shout", async |_client, text: String| text.to_uppercase())
}

fn main() {}
