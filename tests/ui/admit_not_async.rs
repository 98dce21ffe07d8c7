// `admit` may ask a database, so it is `async`: `async |request| ..`.

use orcs::prelude::*;

pub fn game() -> Route<String> {
    ws("/ws/game").admit(|request| {
        let name = request.query("name").ok_or("who are you?")?;
        orcs::Result::Ok(name)
    })
}

fn main() {}
