// A handler is called many times, so it keeps what it captured: `store(lines.clone())`.
//
// The words are rustc's, see captured_counter_is_changed.rs.

use orcs::prelude::*;

async fn store(_lines: Vec<String>) {}

pub fn chat() -> Route {
    let lines = vec![String::from("welcome")];
    ws("/ws/chat").connect(async move |client| {
        client.send("welcome", &lines);
        store(lines).await;
    })
}

fn main() {}
