// A whole type is an event. What a field is called on the wire is serde's:
// `#[serde(rename = "body")]`.

use orcs::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Message {
    #[event(name = "body")]
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
enum Moved {
    #[event(name = "moved-left")]
    Left,
    Right,
}

fn main() {}
