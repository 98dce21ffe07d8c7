// A middleware is `async`: `async |request| ..`.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").middleware(|request| request.header("x-app").is_some())
}

fn main() {}
