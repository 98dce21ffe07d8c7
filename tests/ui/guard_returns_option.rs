// A guard says yes or no: `client.user() == Some("ann")`.

use orcs::prelude::*;

async fn may_write(client: Client, _text: String) -> Option<bool> {
    client.user().map(|user| user == "ann")
}

pub fn chat() -> Route {
    ws("/ws/chat")
        .guard("message", may_write)
        .on("message", async |client, text: String| {
            client.to("lobby").send("message", &text);
        })
}

fn main() {}
