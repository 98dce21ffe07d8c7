// A rule takes the client and the room's name: `|client, _room| client.user().is_some()`.
//
// The words are rustc's, `Fn` is std's trait.

use orcs::prelude::*;

pub fn rules() -> RoomRules {
    RoomRules::new().may_join(|client| client.user().is_some())
}

fn main() {}
