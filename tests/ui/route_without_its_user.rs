// A route with `.auth::<User>()` is a `Route<User>`; `Routes::add` takes routes of any data.

use orcs::prelude::*;

#[derive(Deserialize)]
struct User {
    id: String,
}

pub fn notifications() -> Route {
    ws("/ws/notifications")
        .auth::<User>()
        .connect(async |client| {
            client.join(&format!("user:{}", client.data().id));
        })
}

fn main() {}
