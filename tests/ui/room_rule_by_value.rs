// A rule only looks: `fn own_room(client: &Client, room: &str) -> bool`.
//
// The words are rustc's, `Fn` is std's trait.

use orcs::prelude::*;

fn own_room(client: Client, room: String) -> bool {
    client.user() == room.strip_prefix("user:")
}

pub fn rules() -> RoomRules {
    RoomRules::new().may_join(own_room)
}

fn main() {}
