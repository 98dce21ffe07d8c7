// Whom it is for is said first, what it is last: `manager.to("lobby").send("news", "hi");`.

#![deny(unused_must_use)]

use orcs::prelude::*;

pub fn publish(manager: &WebSocketManager) {
    manager.to("lobby");
}

fn main() {}
