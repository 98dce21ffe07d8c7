//! The app's sockets: a chat, notifications, a private route and an echo.

use orcs::WebSocketManager;
use orcs::prelude::*;

/// Where everybody is after connecting.
const GENERAL: &str = "general";

/// What a client may say on `/ws/chat`. A message without a room goes to `general`.
#[derive(Deserialize)]
struct Message {
    #[serde(default = "general")]
    room: String,
    text: String,
}

#[derive(Deserialize)]
struct Room {
    #[serde(default = "general")]
    room: String,
}

fn general() -> String {
    GENERAL.to_owned()
}

/// What the others read: the server adds who said it and when.
#[derive(Serialize)]
struct Said {
    from: ClientId,
    room: String,
    text: String,
    timestamp: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Welcome {
    message: &'static str,
    client_id: ClientId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewMember<'a> {
    user_id: ClientId,
    room: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Presence<'a> {
    client_id: ClientId,
    room: &'a str,
}

/// Rooms, messages and who is typing.
///
/// In:  `join` `{"room"}`, `leave` `{"room"}`, `message` `{"room","text"}`, `typing` `{"room"}`.
/// Out: `welcome`, `user-joined`, `user-left`, `message`, `user-typing`.
pub fn chat() -> Route {
    ws("/ws/chat")
        .connect(welcome)
        .on("join", join)
        .on("leave", leave)
        .on("message", message)
        .on("typing", typing)
        .disconnect(async |client, _close| {
            for room in client.rooms() {
                say_left(&client, &room);
            }
        })
}

async fn welcome(client: Client) {
    let client_id = client.id();
    let message = "Welcome to chat!";
    client.join(GENERAL);
    client.send("welcome", &Welcome { message, client_id });
    let room = GENERAL;
    let news = Presence { client_id, room };
    client.to(room).send("user-joined", &news);
}

async fn join(client: Client, Room { room }: Room) -> orcs::Joined {
    let joined = client.join(&room);
    if joined == orcs::Joined::Now {
        let (manager, user_id) = (client.manager(), client.id());
        let room = room.as_str();
        let news = NewMember { user_id, room };
        manager.broadcast_to_room(room, "user-joined", &news, []);
    }
    joined
}

async fn leave(client: Client, Room { room }: Room) {
    if client.leave(&room) == orcs::Left::Now {
        say_left(&client, &room);
    }
}

fn say_left(client: &Client, room: &str) {
    let client_id = client.id();
    let news = Presence { client_id, room };
    client.to(room).send("user-left", &news);
}

async fn message(client: Client, Message { room, text }: Message) -> orcs::Result {
    if text.trim().is_empty() {
        return Err("a message needs a text".into());
    }
    if !client.rooms().contains(&room) {
        return Err("join a room before talking to it".into());
    }
    let said = Said {
        from: client.id(),
        room: room.clone(),
        text,
        timestamp: orcs::timestamp(),
    };
    let manager = client.manager();
    manager.broadcast_to_room(&room, "message", &said, [client.id()]);
    Ok(())
}

async fn typing(client: Client, Room { room }: Room) {
    if client.rooms().contains(&room) {
        let (client_id, room) = (client.id(), room.as_str());
        let news = Presence { client_id, room };
        client.to(room).send("user-typing", &news);
    }
}

/// Who a token says its bearer is: `sub` is the user's id.
#[derive(Deserialize)]
pub struct User {
    #[serde(rename = "sub")]
    pub id: String,
}

#[derive(Serialize)]
struct Unread {
    count: usize,
}

/// News for one user on all of his devices; `orcs token --sub ann` makes a token to try it.
pub fn notifications() -> Route<User> {
    ws("/ws/notifications")
        .auth::<User>()
        .connect(async |client| {
            client.join(&format!("user:{}", client.data().id));
            client.send("unread-count", &Unread { count: 5 });
        })
}

/// `user:ann` is where Ann's notifications go, so only she may be there. Rooms are shared by
/// all routes: without this rule a client of the open chat could join it.
pub fn own_room_only() -> RoomRules {
    RoomRules::new().may_join(|client, room| room.strip_prefix("user:") == client.user())
}

/// Sends a notification to every device of a user; callable from anywhere that has the manager.
#[allow(dead_code, reason = "for the app's own code: jobs, HTTP handlers")]
pub fn notify_user(manager: &WebSocketManager, user_id: &str, notification: &impl Serialize) {
    manager.broadcast_to_room(&format!("user:{user_id}"), "notification", notification, []);
}

/// Closes with 4401 unless a valid token came along; then it tells who you are.
pub fn private() -> Route<User> {
    ws("/ws/private")
        .auth::<User>()
        .on("whoami", async |client, ()| Reply(client.data().id.clone()))
}

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
