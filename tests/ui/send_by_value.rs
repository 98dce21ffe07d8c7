// A payload is only looked at: `&News { text }`.

use orcs::prelude::*;

#[derive(Serialize)]
struct News {
    text: String,
}

pub fn publish(manager: &WebSocketManager, text: String) {
    manager.broadcast("news", News { text });
}

fn main() {}
