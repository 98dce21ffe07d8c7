// A route does nothing by itself: `routes.add(ws(..)..)`.

#![deny(unused_must_use)]

use orcs::prelude::*;

pub fn all() -> Routes {
    let routes = Routes::new();
    ws("/ws/chat").on("join", async |client, room: String| client.join(&room));
    routes
}

fn main() {}
