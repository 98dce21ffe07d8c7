// A handler goes on where a thread is free: `Arc` instead of `Rc`, see rc_over_await.rs.

use orcs::prelude::*;
use std::rc::Rc;
use std::time::Duration;

pub fn chat() -> Route {
    ws("/ws/chat").on("message", async |client, text: String| {
        let text = Rc::new(text);
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.to("lobby").send("message", &*text)
    })
}

fn main() {}
