//! What a test's client hears: frames read as they come, pings answered by themselves.

use super::memory::Near;
use crate::close::{Close, Initiator, code};
use crate::proto::frame::{self, OpCode};
use bytes::Bytes;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, mpsc};

/// What a client heard.
pub(super) enum Heard {
    Message(Message),
    Closed(Close),
}

/// What the server said.
pub(super) enum Message {
    Text(String),
    Binary(Bytes),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Binary(bytes) => write!(f, "{} binary bytes", bytes.len()),
        }
    }
}

/// What a client does about what it hears.
#[derive(Default)]
pub(super) struct Manners {
    is_silent: AtomicBool,
    is_reading_stopped: AtomicBool,
    read_on: Notify,
}

impl Manners {
    pub(super) fn go_silent(&self) {
        self.is_silent.store(true, Ordering::Relaxed);
    }

    pub(super) fn stop_reading(&self) {
        self.is_reading_stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn read_on(&self) {
        self.is_reading_stopped.store(false, Ordering::Relaxed);
        self.read_on.notify_one();
    }
}

/// Reads frames until the server is done.
pub(super) async fn listen(
    near: Near,
    manners: Arc<Manners>,
    sender: mpsc::UnboundedSender<Heard>,
) {
    let Near {
        from_server,
        to_server,
    } = near;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let mut close = Close::lost();
    // Nobody listens when the test is over.
    let say = |message| _ = sender.send(Heard::Message(message));
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
                    say(Message::Text(text));
                }
                OpCode::Binary => say(Message::Binary(payload.into())),
                OpCode::Ping if !manners.is_silent.load(Ordering::Relaxed) => {
                    to_server.write(&frame::encode_masked(OpCode::Pong, &payload, MASK));
                }
                OpCode::Close => {
                    to_server.write(&frame::encode_masked(OpCode::Close, &payload, MASK));
                    to_server.finish();
                    close = read_close(&payload);
                }
                OpCode::Ping | OpCode::Pong | OpCode::Continuation => {}
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

/// What a test's client masks with; the example of RFC 6455, 5.7.
pub(super) const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
