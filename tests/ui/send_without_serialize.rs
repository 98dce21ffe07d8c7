// A payload is written as JSON: `#[derive(Serialize)]` above `News`.

use orcs::prelude::*;

struct News {
    text: String,
}

pub fn publish(manager: &WebSocketManager, text: String) {
    manager.broadcast_to_room("lobby", "news", &News { text }, []);
}

fn main() {}
