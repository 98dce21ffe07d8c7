// What is for clients of any data says so: `fn greet<D>(client: &Client<D>, name: &str)`.

use orcs::prelude::*;

#[derive(Deserialize)]
struct User {
    id: String,
}

fn greet(client: &Client, name: &str) {
    client.send("welcome", name);
}

pub fn notifications() -> Route<User> {
    ws("/ws/notifications")
        .auth::<User>()
        .connect(async |client| greet(&client, &client.data().id))
}

fn main() {}
