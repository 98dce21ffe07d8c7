// Each call gives the routes back with one more: `let routes = routes.add(chat);`.

#![deny(unused_must_use)]

use orcs::prelude::*;

pub fn all(chat: Route) -> Routes {
    let routes = Routes::new();
    routes.add(chat);
    Routes::new()
}

fn main() {}
