//! What the black-box tests share: an app on a free port, and two clients that know
//! nothing of its insides.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod codecs;
pub mod kit;
pub mod log;
#[cfg(unix)]
pub mod process;
pub mod raw;
pub mod rooms;

use futures_util::{SinkExt, StreamExt};
use orcs::{ClientId, Config, Routes, Secret, Server, ShutdownHandle, WebSocketManager};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What tokens are signed with.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An app on 127.0.0.1. It ends with its test's runtime, or by [`App::stop`].
pub struct App {
    pub address: SocketAddr,
    pub manager: WebSocketManager,
    pub server: Server,
}

/// Starts routes with the default settings.
pub async fn start(routes: impl Into<Routes>) -> App {
    start_with(routes, |_| {}).await
}

/// Starts routes with some settings changed.
pub async fn start_with(routes: impl Into<Routes>, change: impl FnOnce(&mut Config)) -> App {
    App::start(orcs::App::new(config(change), routes)).await
}

/// Settings for a test: the defaults, a free port, a secret, and what `change` does.
pub fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    config.host = Some(Ipv4Addr::LOCALHOST.into());
    config.port = 0;
    config.jwt_secret = Some(Secret::new(SECRET));
    change(&mut config);
    config
}

/// A token that is good for an hour.
pub fn token(sub: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let exp = since.expect("1970 is over").as_secs() + 3600;
    orcs::auth::sign(&json!({"sub": sub, "exp": exp}), SECRET).expect("claims are JSON")
}

impl App {
    pub async fn start(app: orcs::App) -> Self {
        let server = app.start().await.expect("the app starts");
        Self {
            address: server.addresses()[0],
            manager: server.manager().clone(),
            server,
        }
    }

    /// Starts an app whose kernel holds little for each client, so that a slow one is
    /// noticed soon.
    pub async fn start_with_small_buffers(app: orcs::App) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let socket = socket.expect("a socket");
        let bytes = raw::SMALL_BUFFER_BYTES;
        // Accepted connections inherit them.
        socket.set_recv_buffer_size(bytes).expect("set before use");
        socket.set_send_buffer_size(bytes).expect("set before use");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).expect("a free port");
        socket.listen(16).expect("it is bound");
        Self::start(app.listener(socket.into())).await
    }

    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.server.shutdown_handle()
    }

    /// Stops, and waits until everything has ended.
    pub async fn stop(self) {
        self.shutdown_handle().shutdown();
        let finished = timeout(2 * PATIENCE, self.server.finished()).await;
        finished.expect("the app ends").expect("without an error");
    }

    /// Connects the independent client.
    pub async fn connect(&self, path: &str) -> WebSocket {
        let url = format!("ws://{}{path}", self.address);
        let (stream, _) = within(connect_async(url)).await.expect("it is let in");
        WebSocket(stream)
    }

    /// Waits until nobody is there: no client, no room, no TCP connection.
    #[track_caller]
    pub fn empties(&self) -> impl Future<Output = ()> {
        let manager = self.manager.clone();
        eventually(move || {
            let stats = manager.get_stats();
            (stats.connections, stats.rooms, stats.sockets) == (0, 0, 0)
        })
    }
}

/// An independent client.
pub struct WebSocket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl WebSocket {
    pub async fn send(&mut self, text: impl Into<String>) {
        let sent = self.0.send(Message::text(text.into()));
        within(sent).await.expect("the connection takes a message");
    }

    pub async fn emit(&mut self, event: &str, payload: impl Into<Value>) {
        let envelope = json!({"event": event, "payload": payload.into()});
        self.send(envelope.to_string()).await;
    }

    /// The next text message, byte for byte.
    #[track_caller]
    pub fn text(&mut self) -> impl Future<Output = String> {
        within(async {
            match self.message().await {
                Message::Text(text) => text.to_string(),
                other => panic!("a text was expected, not {other:?}"),
            }
        })
    }

    /// The next text message as JSON.
    pub async fn json(&mut self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).expect("the server sends JSON")
    }

    /// The next message's payload; its event must have this name.
    pub async fn expect(&mut self, event: &str) -> Value {
        let mut envelope = self.json().await;
        assert_eq!(envelope["event"], event, "{envelope}");
        envelope["payload"].take()
    }

    /// The code and reason of the close frame, which must come next.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = (u16, String)> {
        within(async {
            match self.message().await {
                Message::Close(Some(close)) => (close.code.into(), close.reason.to_string()),
                other => panic!("a close was expected, not {other:?}"),
            }
        })
    }

    /// Closes, and waits until the server has closed too.
    pub async fn close(mut self) {
        // An error says that the server was first.
        let _ = within(self.0.close(None)).await;
        within(async { while let Some(Ok(_)) = self.0.next().await {} }).await;
    }

    /// Its id, from a route that answers `whoami` with it.
    pub async fn id(&mut self) -> ClientId {
        self.send(r#"{"event":"whoami","id":0}"#).await;
        let id = self.expect("orcs:ack").await;
        serde_json::from_value(id).expect("an id")
    }

    /// The next message that is neither ping nor pong.
    async fn message(&mut self) -> Message {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return message,
                other => panic!("a message was expected, not {other:?}"),
            }
        }
    }
}

/// Where handlers wait until the test lets them pass.
#[derive(Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    pub fn shut() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub async fn pass(&self) {
        let _permit = self.0.acquire().await.expect("a gate is never taken away");
    }

    /// From now on everybody passes.
    pub fn open(&self) {
        self.0.add_permits(1 << 20);
    }

    /// From now on nobody does.
    pub fn shut_again(&self) {
        self.0.forget_permits(usize::MAX);
    }
}

/// What a handler may do that is always ready to go on: it gives way only because tokio's
/// budget for one poll is used up, which a connection shares with its handler.
pub async fn use_up_each_budget() {
    loop {
        tokio::task::consume_budget().await;
    }
}

/// Waits for what must happen, at most 10 seconds.
#[track_caller]
pub fn within<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = Location::caller();
    async move {
        let Ok(output) = timeout(PATIENCE, future).await else {
            panic!("still not so after {PATIENCE:?}, at {place}");
        };
        output
    }
}

/// Waits until something is so, at most 10 seconds.
#[track_caller]
pub fn eventually(mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    within(async move {
        while !is_so() {
            sleep(Duration::from_millis(2)).await;
        }
    })
}

/// Far more than anything here takes, on a machine that is busy with something else too.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a test watches for what must not happen.
pub const A_WHILE: Duration = Duration::from_millis(300);
