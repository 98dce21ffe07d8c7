// Each handler needs a handle of its own, `let for_messages = Arc::clone(&history);` before the
// route; or it is given to `App::state`, and each finds it by `client.state::<History>()`.
//
// The words are rustc's: who owns what is checked after all traits.

use orcs::prelude::*;
use std::sync::{Arc, Mutex};

pub fn chat() -> Route {
    let history = Arc::new(Mutex::new(Vec::<String>::new()));
    ws("/ws/chat")
        .connect(async move |client| {
            client.send("history", &*history.lock().unwrap());
        })
        .on("message", async move |_client, text: String| {
            history.lock().unwrap().push(text);
        })
}

fn main() {}
