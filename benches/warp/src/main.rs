//! The measured app on warp alone: a channel and a task for each connection, as in
//! warp's own chat example.

use futures_util::{SinkExt, StreamExt, TryFutureExt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{RwLock, mpsc};
use tokio_stream::wrappers::UnboundedReceiverStream;
use warp::Filter;
use warp::ws::{Message, WebSocket, Ws};

/// An envelope as it comes in and goes out.
#[derive(Serialize, Deserialize)]
struct Envelope<'a, P> {
    event: &'a str,
    payload: P,
}

#[derive(Serialize, Deserialize)]
struct Room {
    room: String,
}

/// With a room it goes there, without one it goes back.
#[derive(Serialize, Deserialize)]
struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    text: String,
}

type Client = mpsc::UnboundedSender<Message>;

/// Rooms by name, and in each its members by number.
type Rooms = Arc<RwLock<HashMap<String, HashMap<usize, Client>>>>;

static NEXT_NUMBER: AtomicUsize = AtomicUsize::new(1);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let rooms = Rooms::default();
    let app = warp::path("ws")
        .and(warp::path::param())
        .and(warp::ws())
        .map(move |_: String, ws: Ws| {
            let rooms = Arc::clone(&rooms);
            ws.on_upgrade(move |socket| serve(socket, rooms))
        });
    let raw = warp::path("raw")
        .and(warp::ws())
        .map(|ws: Ws| ws.on_upgrade(echo));

    let port = std::env::var_os("PORT").ok_or("PORT is not set (example: PORT=4000)")?;
    let port: u16 = port.to_string_lossy().parse()?;
    warp::serve(app.or(raw)).run(([127, 0, 0, 1], port)).await;
    Ok(())
}

async fn serve(socket: WebSocket, rooms: Rooms) {
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    let (mut to_socket, mut from_socket) = socket.split();
    let (client, waiting) = mpsc::unbounded_channel();
    let mut waiting = UnboundedReceiverStream::new(waiting);
    tokio::spawn(async move {
        while let Some(message) = waiting.next().await {
            to_socket.send(message).unwrap_or_else(|_| ()).await;
        }
    });
    let mut joined = Vec::new();
    while let Some(Ok(message)) = from_socket.next().await {
        if let Ok(text) = message.to_str() {
            // What cannot be read is not answered.
            _ = take(text, number, &client, &rooms, &mut joined).await;
        }
    }
    for room in joined {
        if let Some(members) = rooms.write().await.get_mut(&room) {
            members.remove(&number);
        }
    }
}

async fn take(
    text: &str,
    number: usize,
    client: &Client,
    rooms: &Rooms,
    joined: &mut Vec<String>,
) -> serde_json::Result<()> {
    let Envelope { event, payload }: Envelope<'_, &RawValue> = serde_json::from_str(text)?;
    match event {
        "join" => {
            let room: Room = serde_json::from_str(payload.get())?;
            let mut rooms = rooms.write().await;
            let members = rooms.entry(room.room.clone()).or_default();
            members.insert(number, client.clone());
            send(client, &envelope("joined", &room)?);
            joined.push(room.room);
        }
        "message" => {
            let said: Said = serde_json::from_str(payload.get())?;
            let message = envelope("message", &said)?;
            match &said.room {
                None => send(client, &message),
                Some(room) => broadcast(rooms, room, &message).await,
            }
        }
        "block" => std::thread::sleep(Duration::from_millis(serde_json::from_str(payload.get())?)),
        _ => {}
    }
    Ok(())
}

async fn broadcast(rooms: &Rooms, room: &str, message: &Message) {
    if let Some(members) = rooms.read().await.get(room) {
        for member in members.values() {
            send(member, message);
        }
    }
}

/// A client that has gone gets nothing.
fn send(client: &Client, message: &Message) {
    _ = client.send(message.clone());
}

fn envelope(event: &str, payload: &impl Serialize) -> serde_json::Result<Message> {
    serde_json::to_string(&Envelope { event, payload }).map(Message::text)
}

async fn echo(socket: WebSocket) {
    let (mut to_socket, mut from_socket) = socket.split();
    while let Some(Ok(message)) = from_socket.next().await {
        if message.is_text() && to_socket.send(message).await.is_err() {
            return;
        }
    }
}
