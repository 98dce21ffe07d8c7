//! For users only: who a token says you are.

use orcs::prelude::*;

/// Who a token says its bearer is: `sub` is the user's id.
#[derive(Deserialize)]
pub struct User {
    #[serde(rename = "sub")]
    pub id: String,
}

/// Closes with 4401 unless a valid token came along; then it tells who you are.
pub fn private() -> Route<User> {
    ws("/ws/private")
        .auth::<User>()
        .on("whoami", async |client, ()| Reply(client.data().id.clone()))
}
