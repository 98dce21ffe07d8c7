//! A route for tests of rooms.

use orcs::prelude::*;

pub const PATH: &str = "/ws/rooms";

/// Its clients move between rooms, talk there and go, as they say.
pub fn route() -> Route {
    ws(PATH)
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("join", async |client, room: String| client.join(&room))
        .on("leave", async |client, room: String| client.leave(&room))
        .on("say", async |client, (room, text): (String, String)| {
            client.to(&room).send("said", &text)
        })
        .on("quit", async |client, code: u16| {
            client.close(code, "so it asked");
        })
}
