// On a route with `.auth::<User>()` the handlers take a `Client<User>`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

#[derive(Deserialize)]
struct User {
    id: String,
}

async fn welcome(client: Client) {
    client.join("news");
}

pub fn notifications() -> Route<User> {
    ws("/ws/notifications").auth::<User>().connect(welcome)
}

fn main() {}
