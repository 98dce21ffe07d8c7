// A handler has its own clone of `history` for each call, so it is shared:
// `let history = Arc::new(Mutex::new(Vec::new()))`, then `history.lock().unwrap().push(text)`.
//
// The words are rustc's, see captured_counter_is_changed.rs.

use orcs::prelude::*;

pub fn chat() -> Route {
    let mut history = Vec::new();
    ws("/ws/chat").on("message", async move |client, text: String| {
        client.to("lobby").send("message", &text);
        history.push(text);
    })
}

fn main() {}
