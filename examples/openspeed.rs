//! The servers of OpenSpeed's page *WebSocket Plugin*, for the client that stands beside them there.
//!
//! Run it: `cargo run --example openspeed`. Texts are left as they are (`/echo`), or are events
//! that their `type` names (`/chat`, `/chat/tea?user=Ann`): `Profile::OpenSpeed`.

use orcs::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

fn echo() -> Route {
    ws("/echo")
        .profile(Profile::OpenSpeed)
        .on("message", async |_client, data: String| {
            Reply(format!("Echo: {data}"))
        })
}

#[derive(Deserialize)]
struct Room {
    room: String,
}

/// Rooms by custom events. What is said reaches all of the sender's rooms, and the sender.
fn chat() -> Route {
    ws("/chat")
        .profile(Profile::OpenSpeed)
        .codec(codec::Typed)
        .on("join-room", async |client, Room { room }| {
            client.join(&room);
            client.send("switched", &format!("Switched to room: {room}"));
        })
        .on("message", async |client, said: Value| {
            client.own_rooms().include_self().send("message", &said)
        })
}

struct Guest {
    user: String,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

/// One room, named in the path.
fn room() -> Route<Guest> {
    ws("/chat/:room")
        .profile(Profile::OpenSpeed)
        .codec(codec::Typed)
        .heartbeat(Duration::from_secs(30))
        .admit(async |request| {
            let user = request.query("user");
            let user = user.unwrap_or_else(|| "Anonymous".to_owned());
            Ok(Guest { user })
        })
        .connect(async |client| {
            let room: String = client.param("room")?;
            client.join(&room);
            let news = format!("{} joined the room", client.data().user);
            client.to(&room).send("news", &news);
            orcs::Result::Ok(())
        })
        .on("message", async |client, Message { content }| {
            let (user, timestamp) = (&client.data().user, orcs::timestamp());
            let said = json!({ "user": user, "message": content, "timestamp": timestamp });
            client.own_rooms().send("message", &said)
        })
        .disconnect(async |client, _close| {
            for room in client.rooms() {
                let news = format!("{} left the room", client.data().user);
                client.to(&room).send("news", &news);
            }
        })
}

#[tokio::main]
async fn main() -> orcs::Result {
    let routes = Routes::new().add(echo()).add(chat()).add(room());
    orcs::serve(orcs::Config::load(|_| ())?, routes).await
}
