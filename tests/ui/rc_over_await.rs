// A handler goes on where a thread is free, so what it keeps over an `.await` is `Send`: `Arc`
// instead of `Rc`.
//
// The words are rustc's, `Send` is std's trait. It points at the value and at the `.await`.

use orcs::prelude::*;
use std::rc::Rc;
use std::time::Duration;

async fn message(client: Client, text: String) {
    let text = Rc::new(text);
    tokio::time::sleep(Duration::from_secs(1)).await;
    client.to("lobby").send("message", &*text);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
