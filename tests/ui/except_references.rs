// Ids are copied: `.except(muted.iter().copied())`.

use orcs::prelude::*;

pub fn publish(manager: &WebSocketManager, muted: &[ClientId]) {
    manager.to("lobby").except(muted).send("message", "hi");
}

fn main() {}
