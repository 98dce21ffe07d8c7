// A path is a `&str`: `ws(&format!("/ws/{name}"))`.
//
// The words are rustc's; because the value comes from a macro, it does not say where the `&` goes.

use orcs::prelude::*;

pub fn room(name: &str) -> Route {
    ws(format!("/ws/{name}")).connect(async |client| client.join("lobby"))
}

fn main() {}
