// A user outlives the token it came in, so it owns its data: `id: String`.
//
// rustc finds this too late for a message of ours, see payload_that_borrows.rs.

use orcs::prelude::*;

#[derive(Deserialize)]
struct User<'a> {
    id: &'a str,
}

pub fn notifications() -> Route<User<'static>> {
    ws("/ws/notifications").auth::<User<'_>>()
}

fn main() {}
