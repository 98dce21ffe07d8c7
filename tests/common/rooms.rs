//! A route for tests of rooms, and its clients.

use super::{App, WebSocket};
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

/// Connects clients to the route and tells their ids.
pub async fn connected<const N: usize>(app: &App) -> ([WebSocket; N], [ClientId; N]) {
    let (mut clients, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..N {
        let mut client = app.connect(PATH).await;
        ids.push(client.id().await);
        clients.push(client);
    }
    let Ok(clients) = clients.try_into() else {
        unreachable!("there are N");
    };
    (clients, ids.try_into().expect("there are N"))
}
