// A user is read from the token: `#[derive(Deserialize)]` above `User`.

use orcs::prelude::*;

struct User {
    id: String,
}

pub fn notifications() -> Route<User> {
    ws("/ws/notifications").auth::<User>()
}

fn main() {}
