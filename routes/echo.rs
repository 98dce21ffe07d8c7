//! A socket to try a client with.

use orcs::prelude::*;

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
}

/// Sends each message back to who sent it.
pub fn echo() -> Route {
    ws("/ws/echo").on("message", async |client, text: Text| {
        client.send("message", &text)
    })
}
