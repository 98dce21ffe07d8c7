// A handler has one `count` for each call, so what it counts is shared:
// `let count = Arc::new(AtomicUsize::new(0))`.

use orcs::prelude::*;

pub fn chat() -> Route {
    let mut count = 0;
    let welcome = async move |client: Client| {
        count += 1;
        client.send("visitors", &count);
    };
    ws("/ws/chat").connect(welcome)
}

fn main() {}
