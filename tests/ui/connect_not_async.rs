// A handler is `async`: `async |client| { .. }`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").connect(|client| {
        client.join("lobby");
    })
}

fn main() {}
