// A route's data comes from one place. With a token and more: `.admit(async |request| ..)` alone,
// in which `request.claims::<User>()` are the claims of a valid token.

use orcs::prelude::*;

#[derive(Deserialize)]
struct User {
    id: String,
}

struct Player {
    name: String,
}

pub fn game() -> Route<Player> {
    ws("/ws/game").auth::<User>().admit(async |request| {
        let name = request.query("name").ok_or("who are you?")?;
        Ok(Player { name })
    })
}

fn main() {}
