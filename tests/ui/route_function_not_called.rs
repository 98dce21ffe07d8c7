// A route is made by calling its function: `.add(chat())`.

use orcs::prelude::*;

fn chat() -> Route {
    ws("/ws/chat")
}

pub fn all() -> Routes {
    Routes::new().add(chat)
}

fn main() {}
