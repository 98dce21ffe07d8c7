//! The servers of universal-api's page *WebSocket*, for the clients that stand beside them there.
//!
//! Run it: `JWT_SECRET=$(openssl rand -hex 32) cargo run --example universal_api`. It speaks
//! `{"type":"chat-message", ..}`, and what a client says stays on its route: `Profile::Universal`.

use orcs::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Deserialize)]
struct Join {
    room: String,
    username: String,
}

#[derive(Deserialize)]
struct Leave {
    room: String,
}

#[derive(Deserialize)]
struct Message {
    room: String,
    username: String,
    text: String,
}

/// What has no handler of its own goes to everybody on the route, its sender too.
fn chat() -> Route {
    ws("/api/ws/chat")
        .profile(Profile::Universal)
        .heartbeat(Duration::from_secs(30))
        .compression(Compression::on().threshold(1024))
        .connect(async |client| {
            client.send("welcome", &json!({ "message": "Welcome!" }));
        })
        .on("join-room", async |client, Join { room, username }| {
            client.join(&room);
            let news = json!({ "username": username, "room": room });
            client.to(&room).send("user-joined", &news);
        })
        .on("leave-room", async |client, Leave { room }| {
            client.leave(&room)
        })
        .on("message", async |client, said: Message| {
            let news = json!({ "from": said.username, "text": said.text });
            client
                .to(&said.room)
                .include_self()
                .send("chat-message", &news);
        })
        .fallback(async |client, event, data: Value| {
            client.others().include_self().send(&event, &data);
        })
        .disconnect(async |client, _close| {
            client.broadcast("user-left", &json!({ "userId": client.id() }));
        })
}

#[derive(Deserialize, Serialize)]
struct User {
    #[serde(rename = "sub")]
    name: String,
}

/// Refuses with codes of its own.
fn private() -> Route<User> {
    ws("/api/ws/private")
        .profile(Profile::Universal)
        .admit(async |request| {
            if request.token().is_none() {
                return Err(Refusal::new(4001, "No token provided").into());
            }
            let user: Option<User> = request.claims();
            Ok(user.ok_or_else(|| Refusal::new(4002, "Invalid token"))?)
        })
        .connect(async |client| {
            client.send("authenticated", &json!({ "user": client.data() }));
        })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Game {
    game_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    game_id: String,
    action: Value,
}

/// A lobby, and a room for each game.
fn game() -> Route {
    ws("/api/ws/game")
        .profile(Profile::Universal)
        .heartbeat(Duration::from_secs(10))
        .default_room("lobby")
        .connect(async |client| client.send("joined-lobby", &json!({})))
        .on("create-game", async |client, _: Value| {
            let game_id = format!("game:{}", client.id());
            client.join(&game_id);
            client.send("game-created", &json!({ "gameId": game_id }));
        })
        .on("join-game", async |client, Game { game_id }| {
            client.join(&game_id);
            let news = json!({ "playerId": client.id() });
            client.to(&game_id).send("player-joined", &news);
        })
        .on("game-action", async |client, Action { game_id, action }| {
            let news = json!({ "action": action, "playerId": client.id() });
            client
                .to(&game_id)
                .include_self()
                .send("game-update", &news);
        })
}

#[tokio::main]
async fn main() -> orcs::Result {
    let routes = Routes::new().add(chat()).add(private()).add(game());
    orcs::serve(orcs::Config::load(|_| ())?, routes).await
}
