// Claims are read from the token: `#[derive(Deserialize)]` above `User`.

use orcs::prelude::*;

struct User {
    id: String,
}

pub fn game() -> Route<String> {
    ws("/ws/game").admit(async |request| {
        let user = request.claims::<User>().ok_or("who are you?")?;
        Ok(user.id)
    })
}

fn main() {}
