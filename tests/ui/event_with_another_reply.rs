// The event says that it is answered with an `i64`: `Reply(a + b)`.

use orcs::prelude::*;

#[derive(Deserialize, Event)]
#[event(name = "add", reply = i64)]
struct Add {
    a: i64,
    b: i64,
}

pub fn sums() -> Route {
    ws("/ws/sums").event(async |_client, Add { a, b }| Reply(format!("{}", a + b)))
}

fn main() {}
