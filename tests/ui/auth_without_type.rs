// What is read from the token is said in the angle brackets: `.auth::<User>()`.

use orcs::prelude::*;

pub fn private() -> Routes {
    Routes::new().add(ws("/ws/private").auth())
}

fn main() {}
