//! The measured app on socketioxide, put together as its own examples are.

use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use socketioxide::extract::{Data, SocketRef};
use socketioxide::{SocketIo, TransportType};
use std::error::Error;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Serialize, Deserialize)]
struct Room {
    room: String,
}

/// With a room it goes there, without one it goes back.
#[derive(Serialize, Deserialize)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    text: String,
}

/// Handlers must be async, and each call is spawned as a task of its own, so that a client's
/// messages may overtake each other. What is done here is done before there is a task.
fn welcome(socket: &SocketRef) {
    socket.on("join", |socket: SocketRef, Data(room): Data<Room>| {
        socket.join(room.room.clone());
        gone(socket.emit("joined", &room));
        ready(())
    });
    socket.on(
        "message",
        |socket: SocketRef, io: SocketIo, Data(message): Data<Message>| {
            match &message.room {
                None => gone(socket.emit("message", &message)),
                Some(room) => at_once(io.to(room.clone()).emit("message", &message)),
            }
            ready(())
        },
    );
    socket.on("block", |Data(milliseconds): Data<u64>| {
        std::thread::sleep(Duration::from_millis(milliseconds));
        ready(())
    });
}

/// Who has gone gets nothing.
fn gone<E>(_: Result<(), E>) {}

/// The adapter for one node has nothing to wait for.
fn at_once(broadcast: impl Future) {
    _ = pin!(broadcast).poll(&mut Context::from_waker(Waker::noop()));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (layer, io) = SocketIo::builder()
        .transports([TransportType::Websocket])
        // 128 by default; what does not fit is lost.
        .max_buffer_size(65_536)
        .build_layer();
    io.ns("/", async |socket: SocketRef| welcome(&socket));
    let app = axum::Router::new().layer(layer);

    let port = std::env::var_os("PORT").ok_or("PORT is not set (example: PORT=4000)")?;
    let port: u16 = port.to_string_lossy().parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening");
    // Nagle's algorithm would hold back bursts of small messages for 40 ms.
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    axum::serve(listener, app).await?;
    Ok(())
}
