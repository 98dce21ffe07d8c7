// A payload is only looked at: `&client.rooms().len()`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").on("count", async |client, ()| {
        client.send("count", client.rooms().len())
    })
}

fn main() {}
