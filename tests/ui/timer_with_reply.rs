// Nobody asked a timer, so it sends: `client.send("rooms", &client.rooms())`.

use orcs::prelude::*;
use std::time::Duration;

pub fn chat() -> Route {
    ws("/ws/chat").connect(async |client| {
        client.every(Duration::from_secs(1), async |client| Reply(client.rooms()));
    })
}

fn main() {}
