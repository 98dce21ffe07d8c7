//! A client for tests: it answers pings by itself and keeps what it hears in order.

use super::ear::{self, Heard, MASK, Manners, Message};
use super::memory::{Near, Pipe};
use super::settle;
use crate::close::{Close, code};
use crate::event::ACK;
use crate::id::ClientId;
use crate::proto::frame::{self, OpCode};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A connected client. Dropping it cuts its connection, without a close frame.
pub struct TestClient {
    id: ClientId,
    to_server: Arc<Pipe>,
    from_server: Arc<Pipe>,
    heard: mpsc::UnboundedReceiver<Heard>,
    /// Taken from `heard`, but not what was asked for.
    kept: VecDeque<Message>,
    manners: Arc<Manners>,
    last_id: u64,
    subprotocol: Option<String>,
}

impl TestClient {
    pub(super) fn new(id: ClientId, near: Near, subprotocol: Option<String>) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let manners = Arc::<Manners>::default();
        let to_server = Arc::clone(&near.to_server);
        let from_server = Arc::clone(&near.from_server);
        tokio::spawn(ear::listen(near, Arc::clone(&manners), sender));
        Self {
            id,
            to_server,
            from_server,
            heard,
            kept: VecDeque::new(),
            manners,
            last_id: 0,
            subprotocol,
        }
    }

    /// The id the server knows it by.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// The subprotocol that the server picked of what was offered.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Sends `{"event":event,"payload":payload}` and lets its handler run.
    ///
    /// # Panics
    ///
    /// When the payload cannot be JSON.
    pub async fn send(&mut self, event: &str, payload: &(impl Serialize + ?Sized)) {
        self.send_text(&json!({ "event": event, "payload": payload }).to_string())
            .await;
    }

    /// Sends any text, an envelope or not.
    pub async fn send_text(&mut self, text: &str) {
        self.write(OpCode::Text, text.as_bytes());
        settle().await;
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.write(OpCode::Binary, bytes);
        settle().await;
    }

    /// Sends bytes as they are, a frame or not.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.to_server.write(bytes);
        settle().await;
    }

    /// Sends an event with an `id` and returns what its handler replied; `null` if nothing.
    ///
    /// What comes before the answer is kept for [`TestClient::expect`].
    ///
    /// # Panics
    ///
    /// When the answer is an error, has another shape, or does not come.
    pub async fn request<T: DeserializeOwned>(
        &mut self,
        event: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> T {
        self.last_id += 1;
        let id = Value::from(self.last_id);
        self.send_text(&json!({ "event": event, "payload": payload, "id": id }).to_string())
            .await;
        let what = format!("the answer to `{event}`");
        loop {
            let message = self.hear(&what).await;
            match Envelope::of(&message) {
                Some(answer) if answer.id == id && answer.event == ACK => {
                    return read(answer);
                }
                Some(answer) if answer.id == id => {
                    panic!("`{event}` was answered with an error: {}", answer.payload);
                }
                _ => self.kept.push_back(message),
            }
        }
    }

    /// Returns the payload of the next event, which must be this one.
    ///
    /// # Panics
    ///
    /// When the next event is another one, its payload has another shape, the
    /// connection is closed, or nothing comes: at once, since the clock stands still.
    pub async fn expect<T: DeserializeOwned>(&mut self, event: &str) -> T {
        let next = self.next(&format!("`{event}`")).await;
        match Envelope::of(&next) {
            Some(envelope) if envelope.event == event => read(envelope),
            _ => panic!("expected `{event}`, heard {next}"),
        }
    }

    /// Returns the next message, which must be a text, as it came: on a raw route.
    ///
    /// # Panics
    ///
    /// As [`TestClient::expect`].
    pub async fn expect_text(&mut self) -> String {
        match self.next("a text").await {
            Message::Text(text) => text,
            other @ Message::Binary(_) => panic!("expected a text, heard {other}"),
        }
    }

    /// Returns the next message, which must be binary.
    ///
    /// # Panics
    ///
    /// As [`TestClient::expect`].
    pub async fn expect_binary(&mut self) -> Bytes {
        match self.next("a binary message").await {
            Message::Binary(bytes) => bytes,
            other @ Message::Text(_) => panic!("expected a binary message, heard {other}"),
        }
    }

    /// Makes sure that nothing was sent to it.
    ///
    /// # Panics
    ///
    /// When something was.
    pub async fn expect_nothing(&mut self) {
        settle().await;
        if let Some(kept) = self.kept.front() {
            panic!("expected nothing, heard {kept}");
        }
        match self.heard.try_recv() {
            Ok(Heard::Message(message)) => panic!("expected nothing, heard {message}"),
            Ok(Heard::Closed(close)) => panic!(
                "expected nothing, was closed with {} {}",
                close.code, close.reason
            ),
            Err(_) => {}
        }
    }

    /// Waits until the server closes it, and tells how. What came before is skipped.
    ///
    /// # Panics
    ///
    /// When the server does not.
    pub async fn expect_close(&mut self) -> Close {
        loop {
            match timeout(PATIENCE, self.heard.recv()).await {
                Ok(Some(Heard::Closed(close))) => return close,
                Ok(Some(Heard::Message(_))) => {}
                Ok(None) => panic!("it was closed before"),
                Err(_) => panic!("expected a close, but the connection stays"),
            }
        }
    }

    /// Says goodbye with 1000, and lets `disconnect` run.
    pub async fn close(&mut self) {
        self.write(OpCode::Close, &code::NORMAL.to_be_bytes());
        settle().await;
    }

    /// Cuts the connection without a close frame, and lets `disconnect` run.
    pub async fn cut(self) {
        drop(self);
        settle().await;
    }

    /// Answers no more pings, as a peer behind a dead network.
    pub fn go_silent(&self) {
        self.manners.go_silent();
    }

    /// Takes nothing off the wire any more, as a peer that is too slow.
    pub fn stop_reading(&self) {
        self.manners.stop_reading();
    }

    /// Reads on.
    pub fn read_on(&self) {
        self.manners.read_on();
    }

    fn write(&self, opcode: OpCode, payload: &[u8]) {
        self.to_server
            .write(&frame::encode_masked(opcode, payload, MASK));
    }

    /// The next message, kept or new.
    async fn next(&mut self, what: &str) -> Message {
        match self.kept.pop_front() {
            Some(kept) => kept,
            None => self.hear(what).await,
        }
    }

    async fn hear(&mut self, what: &str) -> Message {
        match timeout(PATIENCE, self.heard.recv()).await {
            Ok(Some(Heard::Message(message))) => message,
            Ok(Some(Heard::Closed(close))) => {
                panic!(
                    "expected {what}, was closed with {} {}",
                    close.code, close.reason
                )
            }
            Ok(None) => panic!("expected {what}, but the connection is closed"),
            Err(_) => panic!("expected {what}, but nothing came"),
        }
    }
}

impl Drop for TestClient {
    fn drop(&mut self) {
        self.to_server.finish();
        self.from_server.finish();
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A text that is an event.
struct Envelope {
    event: String,
    payload: Value,
    id: Value,
}

impl Envelope {
    fn of(message: &Message) -> Option<Self> {
        let Message::Text(text) = message else {
            return None;
        };
        let mut value: Value = serde_json::from_str(text).ok()?;
        Some(Self {
            event: value.get("event")?.as_str()?.to_owned(),
            payload: value["payload"].take(),
            id: value["id"].take(),
        })
    }
}

fn read<T: DeserializeOwned>(envelope: Envelope) -> T {
    let Envelope { event, payload, .. } = envelope;
    let text = payload.to_string();
    serde_json::from_value(payload).unwrap_or_else(|error| {
        panic!("the payload of `{event}` has another shape: {error}: {text}")
    })
}

/// How long an expected event may take, on a clock that jumps when nothing else happens.
const PATIENCE: Duration = Duration::from_secs(5);
