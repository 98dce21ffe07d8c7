// A route has clients with a user's data where it reads them from a token: `.auth::<User>()` in
// front of the handlers, and `-> Route<User>`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

#[derive(Deserialize)]
struct User {
    id: String,
}

async fn welcome(client: Client<User>) {
    client.join(&format!("user:{}", client.data().id));
}

pub fn notifications() -> Route {
    ws("/ws/notifications").connect(welcome)
}

fn main() {}
