// A rule says yes or no: `|client, room| room.strip_prefix("user:") == client.user()`.
//
// The words are rustc's, `Fn` is std's trait.

use orcs::prelude::*;

pub fn rules() -> RoomRules {
    RoomRules::new().may_join(|client, room| room.strip_prefix(client.user()?))
}

fn main() {}
