// Each call has a clone of what was captured. What cannot be cloned is shared:
// `let count = Arc::new(AtomicUsize::new(0))`.
//
// The words are rustc's, `Clone` is std's trait. It names the value's type.

use orcs::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

pub fn chat() -> Route {
    let count = AtomicUsize::new(0);
    ws("/ws/chat").connect(async move |client| {
        let visitors = count.fetch_add(1, Ordering::Relaxed) + 1;
        client.send("visitors", &visitors);
    })
}

fn main() {}
