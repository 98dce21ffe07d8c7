// A guard says yes or no, the handler behind it replies: `!text.is_empty()`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat")
        .guard("message", async |_client, text: String| Reply(text.len()))
        .on("message", async |client, text: String| {
            client.to("lobby").send("message", &text);
        })
}

fn main() {}
