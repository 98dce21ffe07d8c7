//! The servers of ORCS's page *WebSocket Support*, for the clients that stand beside them there.
//!
//! Run it: `JWT_SECRET=$(openssl rand -hex 32) cargo run --example bun_orcs`. The page has four
//! servers at `/ws/chat`; here the first of them is there, and the others have paths of their own.

use orcs::prelude::*;
use orcs::warp::{self, Filter, Rejection};
use orcs::{Joined, Left, Sent};
use serde_json::{Value, json};

#[derive(Deserialize, Serialize)]
struct Text {
    text: String,
}

/// *Basic Setup*: an echo.
fn echo() -> Route {
    ws("/ws/chat")
        .connect(async |client| println!("Client {} connected", client.id()))
        .on("message", async |client, Text { text }| {
            client.send("message", &Text { text })
        })
        .disconnect(async |client, _close| println!("Client {} disconnected", client.id()))
}

#[derive(Deserialize)]
struct Room {
    room: String,
}

#[derive(Deserialize)]
struct Message {
    room: String,
    text: String,
}

fn said(client: &Client, text: &str) -> Value {
    json!({ "from": client.id(), "text": text, "timestamp": orcs::timestamp() })
}

/// *Rooms and Broadcasting*: what is said reaches all but its sender.
fn rooms() -> Route {
    ws("/ws/rooms")
        .on("join", join)
        .on("message", async |client, Message { room, text }| {
            let (manager, said) = (client.manager(), said(&client, &text));
            manager.broadcast_to_room(&room, "message", &said, [client.id()])
        })
        .on("leave", leave)
}

async fn join(client: Client, Room { room }: Room) -> Joined {
    let (manager, user_id) = (client.manager(), client.id());
    let joined = manager.join_room(user_id, &room);
    if !matches!(joined, Joined::Refused(_)) {
        manager.broadcast_to_room(&room, "user-joined", &json!({ "userId": user_id }), []);
    }
    joined
}

async fn leave(client: Client, Room { room }: Room) -> Left {
    client.manager().leave_room(client.id(), &room)
}

/// *Chat Application*: what is said reaches its sender too.
fn chat() -> Route {
    ws("/ws/chat-application")
        .connect(async |client| {
            let id = client.id();
            client.join("general");
            client.send(
                "welcome",
                &json!({ "message": "Welcome to chat!", "clientId": id }),
            );
            client
                .to("general")
                .send("user-joined", &json!({ "clientId": id }))
        })
        .on("message", async |client, Message { room, text }| {
            let said = said(&client, &text);
            client
                .manager()
                .broadcast_to_room(&room, "message", &said, [])
        })
        .on("typing", async |client, Room { room }| {
            let who = json!({ "clientId": client.id() });
            client.to(&room).send("user-typing", &who)
        })
        .disconnect(async |client, _close| {
            let who = json!({ "clientId": client.id() });
            client.to("general").send("user-left", &who)
        })
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

/// *Authentication*. `whoami` tells a client that it was let in.
fn private() -> Route<User> {
    ws("/ws/private")
        .auth::<User>()
        .connect(async |client| println!("User {} connected", client.data().id))
        .on("whoami", async |client, ()| Reply(client.data().id))
}

/// *Notifications*: a room for each user.
fn notifications() -> Route<User> {
    ws("/ws/notifications")
        .auth::<User>()
        .connect(async |client| {
            client.join(&room_of(client.data().id));
            client.send("unread-count", &json!({ "count": 5 }))
        })
}

fn room_of(user: u64) -> String {
    format!("user:{user}")
}

/// Rooms are shared by all routes, and above anybody may join any.
fn own_room_only() -> RoomRules {
    RoomRules::new().may_join(|client, room| room.strip_prefix("user:") == client.user())
}

fn notify_user(manager: &WebSocketManager, user: u64, notification: &Value) -> Sent {
    manager.broadcast_to_room(&room_of(user), "notification", notification, [])
}

/// `POST /notify/7`, with somebody's token in `Authorization: Bearer` and any JSON.
fn notify(
    manager: WebSocketManager,
) -> impl Filter<Extract = (impl warp::Reply,), Error = Rejection> + Clone {
    warp::path!("notify" / u64)
        .and(warp::post())
        .and(orcs::bearer::<User>(manager.clone()))
        .and(warp::body::content_length_limit(16 * 1024))
        .and(warp::body::json())
        .map(move |user: u64, _from: User, notification: Value| {
            let sent = notify_user(&manager, user, &notification);
            warp::reply::json(&json!({ "devices": sent.queued }))
        })
}

#[tokio::main]
async fn main() -> orcs::Result {
    let routes = Routes::new()
        .add(echo())
        .add(rooms())
        .add(chat())
        .add(private())
        .add(notifications())
        .rooms("user:*", own_room_only())
        .http(notify);
    orcs::serve(orcs::Config::load(|_| ())?, routes).await
}
