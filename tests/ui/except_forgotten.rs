// Nobody is left out by `[]`: `manager.broadcast_to_room("lobby", "message", "hi", [])`; or
// `manager.to("lobby").send("message", "hi")`.

use orcs::prelude::*;

pub fn publish(manager: &WebSocketManager) {
    manager.broadcast_to_room("lobby", "message", "hi");
}

fn main() {}
