// A lock that is held over an `.await` keeps all others waiting. Let it go before, in a block of
// its own: `{ HISTORY.lock().unwrap().push(text); }`. Where it has to be held, take
// `tokio::sync::Mutex`.
//
// The words are rustc's, see rc_over_await.rs.

use orcs::prelude::*;
use std::sync::Mutex;
use std::time::Duration;

static HISTORY: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn message(_client: Client, text: String) {
    let mut history = HISTORY.lock().unwrap();
    history.push(text);
    save().await;
}

async fn save() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
