// `#[event(..)]` belongs to the derive: `#[derive(Serialize, Deserialize, Event)]`.

use orcs::prelude::*;

#[derive(Serialize, Deserialize)]
#[event(name = "message")]
struct Message {
    text: String,
}

fn main() {}
