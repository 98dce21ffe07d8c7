// Handlers run on all threads: `Arc` instead of `Rc`.
//
// The words are rustc's, `Send` and `Sync` are std's traits.

use orcs::prelude::*;
use std::rc::Rc;

pub fn chat() -> Route {
    let greeting = Rc::new(String::from("welcome"));
    ws("/ws/chat").connect(async move |client| client.send("welcome", &*greeting))
}

fn main() {}
