// An event that says nothing has the payload `&()`, which is `null` on the wire.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("ping", async |client, ()| client.send("pong"))
}

fn main() {}
