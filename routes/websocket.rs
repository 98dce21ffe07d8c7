//! The chat: rooms, messages and who is typing.

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
