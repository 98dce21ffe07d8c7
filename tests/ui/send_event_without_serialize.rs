// `Event` names a payload, `Serialize` writes it: `#[derive(Serialize, Event)]`.

use orcs::prelude::*;

#[derive(Event)]
struct News {
    text: String,
}

pub fn publish(client: &Client, text: String) {
    client.send_event(&News { text });
}

fn main() {}
