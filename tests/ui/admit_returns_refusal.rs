// A refusal becomes an error by `.into()`: `Err(Refusal::new(4100, "who are you?").into())`.

use orcs::prelude::*;

pub fn game() -> Route<String> {
    ws("/ws/game").admit(async |request| match request.query("name") {
        Some(name) => Ok(name),
        None => Err(Refusal::new(4100, "who are you?")),
    })
}

fn main() {}
