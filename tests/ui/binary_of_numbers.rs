// Bytes are a `Vec<u8>` or `&b".."[..]`: `send_binary(vec![0xFF, 0xD8])`.

use orcs::prelude::*;

pub fn publish(manager: &WebSocketManager) {
    manager.to("cameras").send_binary([0xFF, 0xD8]);
}

fn main() {}
