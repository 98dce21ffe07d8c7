// A rule is asked in the middle of a join, so it cannot wait: `|client, room| room == "lobby"`.
// What it has to know from elsewhere is looked up in `admit` or in a guard.
//
// The words are rustc's, `Fn` is std's trait.

use orcs::prelude::*;

pub fn rules() -> RoomRules {
    RoomRules::new().may_join(async |client, room| room == "lobby")
}

fn main() {}
