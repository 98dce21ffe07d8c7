// A handler has its own clone of `count` for each call, so what it counts is shared:
// `let count = Arc::new(AtomicUsize::new(0))`, then `count.fetch_add(1, Ordering::Relaxed)`.
//
// The words are rustc's: what a closure does with its captures is checked after all traits.
// `FnMut` would not do.

use orcs::prelude::*;

pub fn chat() -> Route {
    let mut count = 0;
    ws("/ws/chat").connect(async move |client| {
        count += 1;
        client.send("visitors", &count);
    })
}

fn main() {}
