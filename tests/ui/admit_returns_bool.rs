// `admit` makes the connection's data. A yes or no is what a middleware says:
// `.middleware(async |request| request.query("invite").is_some())`.

use orcs::prelude::*;

pub fn game() -> Route {
    ws("/ws/game").admit(async |request| request.query("invite").is_some())
}

fn main() {}
