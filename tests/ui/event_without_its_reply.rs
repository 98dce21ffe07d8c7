// The event says that it is answered with an `i64`: `-> Reply<i64> { Reply(a + b) }`.

use orcs::prelude::*;

#[derive(Deserialize, Event)]
#[event(name = "add", reply = i64)]
struct Add {
    a: i64,
    b: i64,
}

async fn add(client: Client, Add { a, b }: Add) {
    client.send("sum", &(a + b));
}

pub fn sums() -> Route {
    ws("/ws/sums").event(add)
}

fn main() {}
