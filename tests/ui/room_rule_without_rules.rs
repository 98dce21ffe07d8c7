// Who may join is one of a room's rules: `RoomRules::new().may_join(own_room)`.

use orcs::prelude::*;

fn own_room(client: &Client, room: &str) -> bool {
    client.user() == room.strip_prefix("user:")
}

pub fn all(chat: Route) -> Routes {
    Routes::new().add(chat).rooms("user:*", own_room)
}

fn main() {}
