// Without `.auth::<User>()` or `.admit(..)` in front of the handlers, a client's data is `()`.
//
// The words are rustc's: it looks for the field in the type, and asks no trait.

use orcs::prelude::*;

pub fn notifications() -> Route {
    ws("/ws/notifications").connect(async |client| {
        client.join(&format!("user:{}", client.data().id));
    })
}

fn main() {}
