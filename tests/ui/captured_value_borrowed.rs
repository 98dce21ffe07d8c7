// A handler lives as long as the app, so it owns what it captured: `async move |client| ..`.
//
// The words are rustc's: who borrows what is checked after all traits.

use orcs::prelude::*;

pub fn chat() -> Route {
    let greeting = String::from("welcome");
    ws("/ws/chat").connect(async |client| client.send("welcome", &greeting))
}

fn main() {}
