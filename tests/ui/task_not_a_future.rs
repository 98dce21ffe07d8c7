// A task is a future: `client.spawn(async move { .. })`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").connect(async |client| {
        let client = client.clone();
        client.spawn(move || client.send("welcome", "hi"));
    })
}

fn main() {}
