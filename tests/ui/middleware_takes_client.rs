// There is no client before it is let in: a middleware takes the `Request`, and `request.user()`
// is known there. To ask before an event is handled: `.guard("event", ..)`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

async fn known(client: Client) -> bool {
    client.user().is_some()
}

pub fn chat() -> Route {
    ws("/ws/chat").middleware(known)
}

fn main() {}
