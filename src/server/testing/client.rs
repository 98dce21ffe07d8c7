//! A client for tests: it answers pings by itself and keeps what it hears in order.

use super::memory::{Near, Pipe};
use super::settle;
use crate::close::{Close, Initiator, code};
use crate::id::ClientId;
use crate::proto::frame::{self, OpCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

/// A connected client. Dropping it cuts its connection, without a close frame.
pub struct TestClient {
    id: ClientId,
    to_server: Arc<Pipe>,
    from_server: Arc<Pipe>,
    heard: mpsc::UnboundedReceiver<Heard>,
    /// Taken from `heard`, but not what was asked for.
    kept: VecDeque<Envelope>,
    manners: Arc<Manners>,
    last_id: u64,
}

/// What a client does about what it hears.
#[derive(Default)]
struct Manners {
    is_silent: AtomicBool,
    is_reading_stopped: AtomicBool,
    read_on: Notify,
}

enum Heard {
    Text(String),
    Closed(Close),
}

struct Envelope {
    event: String,
    payload: Value,
    id: Value,
}

impl TestClient {
    pub(super) fn new(id: ClientId, near: Near) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let manners = Arc::<Manners>::default();
        let to_server = Arc::clone(&near.to_server);
        let from_server = Arc::clone(&near.from_server);
        tokio::spawn(listen(near, Arc::clone(&manners), sender));
        Self {
            id,
            to_server,
            from_server,
            heard,
            kept: VecDeque::new(),
            manners,
            last_id: 0,
        }
    }

    /// The id the server knows it by.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.id
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
    /// Events that come before the answer are kept for [`TestClient::expect`].
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
        loop {
            let answer = self.hear(&format!("the answer to `{event}`")).await;
            if answer.id != id {
                self.kept.push_back(answer);
            } else if answer.event == "orcs:ack" {
                return read(answer);
            } else {
                panic!("`{event}` was answered with an error: {}", answer.payload);
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
        let next = match self.kept.pop_front() {
            Some(kept) => kept,
            None => self.hear(&format!("`{event}`")).await,
        };
        assert_eq!(
            next.event, event,
            "expected `{event}`, heard `{}` with {}",
            next.event, next.payload
        );
        read(next)
    }

    /// Makes sure that nothing was sent to it.
    ///
    /// # Panics
    ///
    /// When something was.
    pub async fn expect_nothing(&mut self) {
        settle().await;
        if let Some(kept) = self.kept.front() {
            panic!(
                "expected nothing, heard `{}` with {}",
                kept.event, kept.payload
            );
        }
        match self.heard.try_recv() {
            Ok(Heard::Text(text)) => panic!("expected nothing, heard {text}"),
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
                Ok(Some(Heard::Text(_))) => {}
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
        self.manners.is_silent.store(true, Ordering::Relaxed);
    }

    /// Takes nothing off the wire any more, as a peer that is too slow.
    pub fn stop_reading(&self) {
        self.manners
            .is_reading_stopped
            .store(true, Ordering::Relaxed);
    }

    /// Reads on.
    pub fn read_on(&self) {
        self.manners
            .is_reading_stopped
            .store(false, Ordering::Relaxed);
        self.manners.read_on.notify_one();
    }

    fn write(&self, opcode: OpCode, payload: &[u8]) {
        self.to_server
            .write(&frame::encode_masked(opcode, payload, MASK));
    }

    async fn hear(&mut self, what: &str) -> Envelope {
        match timeout(PATIENCE, self.heard.recv()).await {
            Ok(Some(Heard::Text(text))) => {
                let mut value: Value = serde_json::from_str(&text).expect("the server sends JSON");
                let event = value["event"]
                    .as_str()
                    .expect("an envelope has an event")
                    .to_owned();
                Envelope {
                    event,
                    payload: value["payload"].take(),
                    id: value["id"].take(),
                }
            }
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

fn read<T: DeserializeOwned>(envelope: Envelope) -> T {
    let Envelope { event, payload, .. } = envelope;
    let text = payload.to_string();
    serde_json::from_value(payload).unwrap_or_else(|error| {
        panic!("the payload of `{event}` has another shape: {error}: {text}")
    })
}

/// Reads frames until the server is done.
async fn listen(near: Near, manners: Arc<Manners>, sender: mpsc::UnboundedSender<Heard>) {
    let Near {
        from_server,
        to_server,
    } = near;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let mut close = Close::lost();
    loop {
        while manners.is_reading_stopped.load(Ordering::Relaxed) {
            manners.read_on.notified().await;
        }
        let read = poll_fn(|cx| from_server.poll_read(cx, &mut buffer)).await;
        if read == 0 {
            break;
        }
        bytes.extend(&buffer[..read]);
        while let Some((opcode, payload)) = next_frame(&mut bytes) {
            match opcode {
                OpCode::Text => {
                    let text = String::from_utf8(payload).expect("the server sends UTF-8");
                    // Nobody listens when the test is over.
                    let _ = sender.send(Heard::Text(text));
                }
                OpCode::Ping if !manners.is_silent.load(Ordering::Relaxed) => {
                    to_server.write(&frame::encode_masked(OpCode::Pong, &payload, MASK));
                }
                OpCode::Close => {
                    to_server.write(&frame::encode_masked(OpCode::Close, &payload, MASK));
                    to_server.finish();
                    close = read_close(&payload);
                }
                OpCode::Ping | OpCode::Pong | OpCode::Binary | OpCode::Continuation => {}
            }
        }
    }
    let _ = sender.send(Heard::Closed(close));
}

fn next_frame(bytes: &mut Vec<u8>) -> Option<(OpCode, Vec<u8>)> {
    let header = frame::parse_server(bytes).expect("the server sends RFC 6455 frames")?;
    let len = header.len + header.payload_len;
    let payload = bytes.get(header.len..len)?.to_vec();
    bytes.drain(..len);
    Some((header.opcode, payload))
}

fn read_close(payload: &[u8]) -> Close {
    match payload {
        [high, low, reason @ ..] => Close::new(
            u16::from_be_bytes([*high, *low]),
            String::from_utf8_lossy(reason),
            Initiator::Server,
        ),
        _ => Close::new(code::NO_STATUS, "", Initiator::Server),
    }
}

/// How long an expected event may take, on a clock that jumps when nothing else happens.
const PATIENCE: Duration = Duration::from_secs(5);

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
