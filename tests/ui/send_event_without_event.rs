// An event with a name of its own: `#[derive(Serialize, Event)]`.

use orcs::prelude::*;

#[derive(Serialize)]
struct News {
    text: String,
}

pub fn publish(client: &Client, text: String) {
    client.send_event(&News { text });
}

fn main() {}
