//! The small orcs app that is measured: an echo, rooms, and a raw echo.

use orcs::prelude::*;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Room {
    room: String,
}

#[derive(Serialize, Deserialize)]
struct Message {
    room: String,
    text: String,
}

fn echo() -> Route {
    ws("/ws/echo").on("message", async |client, text: Text| {
        client.send("message", &text)
    })
}

fn room() -> Route {
    ws("/ws/room")
        .on("join", async |client, room: Room| {
            client.join(&room.room);
            client.send("joined", &room)
        })
        .on("message", async |client, message: Message| {
            let manager = client.manager();
            manager.broadcast_to_room(&message.room, "message", &message, []);
        })
        // A handler that holds its thread, as none should.
        .on("block", async |_, milliseconds: u64| {
            std::thread::sleep(Duration::from_millis(milliseconds));
        })
}

/// Texts without an envelope, sent back as they came.
fn raw() -> Route {
    ws("/raw")
        .codec(codec::Raw)
        .on("message", async |_, text: String| Reply(text))
}

#[tokio::main]
async fn main() -> orcs::Result {
    let config = orcs::Config::load(|_| ())?;
    orcs::serve(config, Routes::new().add(echo()).add(room()).add(raw())).await
}
