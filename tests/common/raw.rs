//! A client that is nothing but a TCP connection: it sends what a test wants it to.

use super::{App, within};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

pub const FIN: u8 = 0x80;
pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// A frame as it came: its first byte whole, so that a test sees every bit.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub first: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            first: FIN | opcode,
            payload: payload.into(),
        }
    }

    /// The code and reason of a close frame.
    pub fn close(&self) -> (u16, String) {
        assert_eq!(self.first, FIN | CLOSE, "a close frame: {self:?}");
        match self.payload.split_first_chunk::<2>() {
            Some((code, reason)) => (
                u16::from_be_bytes(*code),
                String::from_utf8(reason.to_vec()).expect("a reason is UTF-8"),
            ),
            None => (1005, String::new()),
        }
    }
}

/// A frame as a client sends it; `first` is its first byte.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = announced(first, payload.len() as u64);
    let body = payload.iter().zip(KEY.iter().cycle());
    frame.extend(body.map(|(byte, key)| byte ^ key));
    frame
}

/// A frame's header alone, whatever then follows.
pub fn announced(first: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first];
    match length {
        0..=125 => header.push(0x80 | length as u8),
        126..=0xFFFF => {
            header.push(0x80 | 126);
            header.extend((length as u16).to_be_bytes());
        }
        _ => {
            header.push(0x80 | 127);
            header.extend(length.to_be_bytes());
        }
    }
    header.extend(KEY);
    header
}

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What the kernel may hold for one side, where a test wants that to be little. Less
/// than one segment of the loopback interface would make every transfer crawl.
pub const SMALL_BUFFER_BYTES: usize = 64 << 10;

/// The request of RFC 6455, 1.3, for `path`; `more` are header lines with their `\r\n`.
pub fn upgrade_request(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    )
}

/// An HTTP response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The response as it came, to search in.
    pub fn text(&self) -> String {
        format!("{}{}", self.head, self.body)
    }
}

/// A TCP connection to an app.
pub struct RawClient {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

impl RawClient {
    /// A bare TCP connection.
    pub async fn tcp(address: SocketAddr) -> Self {
        Self::of(
            within(TcpStream::connect(address))
                .await
                .expect("it listens"),
        )
    }

    /// A WebSocket on `path`.
    pub async fn connect(app: &App, path: &str) -> Self {
        let mut client = Self::tcp(app.address).await;
        client.open(path).await;
        client
    }

    /// A WebSocket whose kernel holds little, so that not reading is noticed soon.
    pub async fn connect_with_small_buffers(app: &App, path: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let bytes = SMALL_BUFFER_BYTES as u32;
        socket.set_recv_buffer_size(bytes).expect("set before use");
        socket.set_send_buffer_size(bytes).expect("set before use");
        let stream = within(socket.connect(app.address)).await;
        let mut client = Self::of(stream.expect("it listens"));
        client.open(path).await;
        client
    }

    pub fn of(stream: TcpStream) -> Self {
        // An error says that the server has hung up already, which reading tells too.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    async fn open(&mut self, path: &str) {
        let answer = self.request(&upgrade_request(path, "")).await;
        assert_eq!(answer.status, 101, "{answer:?}");
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = within(self.stream.write_all(bytes.as_ref())).await;
        sent.expect("the connection takes bytes");
    }

    pub async fn send_text(&mut self, text: &str) {
        self.send(masked(FIN | TEXT, text.as_bytes())).await;
    }

    /// Makes sure that it is a client like any other: what it says is answered.
    pub async fn is_answered(&mut self) {
        self.send_text(r#"{"event":"say","payload":"hi","id":1}"#)
            .await;
        let answer = r#"{"event":"orcs:ack","payload":"hi","id":1}"#;
        assert_eq!(self.text().await, answer);
    }

    /// Sends a request and reads its answer. What follows a 101 stays to be read.
    pub async fn request(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer().await.expect("an answer and not the end")
    }

    /// Sends a request whose answer has no body, whatever length it tells.
    pub async fn head(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer_head().await.expect("an answer and not the end")
    }

    /// Reads a response; none if the connection ended instead.
    pub async fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.answer_head().await?;
        let length: usize = answer
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a number"));
        while self.unread.len() < length {
            assert_ne!(
                self.read().await.expect("no reset"),
                0,
                "the body ended early"
            );
        }
        let body = self.unread.drain(..length).collect();
        answer.body = String::from_utf8(body).expect("a body is UTF-8");
        Some(answer)
    }

    async fn answer_head(&mut self) -> Option<Answer> {
        let head = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                let rest = self.unread.split_off(at + 4);
                break std::mem::replace(&mut self.unread, rest);
            }
            if self.read().await.expect("no reset") == 0 {
                return None;
            }
        };
        let mut answer = Answer {
            status: 0,
            head: String::from_utf8(head).expect("a head is ASCII"),
            body: String::new(),
        };
        let status = answer
            .head
            .get(9..12)
            .and_then(|status| status.parse().ok());
        answer.status = status.expect("a status line");
        Some(answer)
    }

    /// The next frame; none at the end of the stream.
    ///
    /// # Panics
    ///
    /// When the connection is reset: what was on its way to the client is lost then.
    pub async fn next(&mut self) -> Option<Frame> {
        self.try_next()
            .await
            .expect("the connection ends with a FIN")
    }

    /// As [`next`](Self::next); an error is a reset.
    pub async fn try_next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.take_frame() {
                return Ok(Some(frame));
            }
            if self.read().await? == 0 {
                assert!(self.unread.is_empty(), "the stream ended inside a frame");
                return Ok(None);
            }
        }
    }

    /// The next frame, which there must be.
    pub async fn frame(&mut self) -> Frame {
        self.next().await.expect("a frame and not the end")
    }

    /// As [`frame`](Self::frame), but read slowly for so long, in which a megabyte takes most of a
    /// second. Then at once, so that what comes behind it is not waited for by accident.
    ///
    /// # Panics
    ///
    /// When it is over before.
    pub async fn frame_slowly(&mut self, time: Duration) -> Frame {
        let began = Instant::now();
        let mut piece = [0; 16 << 10];
        while began.elapsed() < time {
            assert!(self.take_frame().is_none(), "it is too short for that");
            sleep(Duration::from_millis(10)).await;
            let read = within(self.stream.read(&mut piece)).await;
            let read = read.expect("no reset");
            assert_ne!(read, 0, "the frame ended early");
            self.unread.extend(&piece[..read]);
        }
        self.frame().await
    }

    /// The next frame, which must be a text.
    pub async fn text(&mut self) -> String {
        let frame = self.frame().await;
        assert_eq!(frame.first, FIN | TEXT, "{frame:?}");
        String::from_utf8(frame.payload).expect("a text is UTF-8")
    }

    /// The code and reason of a close frame, which must come next, and then the end.
    pub async fn closed(&mut self) -> (u16, String) {
        let close = self.frame().await.close();
        assert_eq!(
            self.next().await,
            None,
            "nothing comes behind a close frame"
        );
        close
    }

    /// The code of the close frame, whatever comes before it.
    pub async fn closed_at_last(&mut self) -> u16 {
        loop {
            let frame = self.frame().await;
            if frame.first == FIN | CLOSE {
                assert_eq!(
                    self.next().await,
                    None,
                    "nothing comes behind a close frame"
                );
                return frame.close().0;
            }
        }
    }

    /// Waits until the connection has ended in any way.
    pub async fn ended(&mut self) {
        while !matches!(self.read().await, Ok(0) | Err(_)) {
            self.unread.clear();
        }
    }

    /// Vanishes with a reset: no close frame, no FIN.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("it is still a socket");
    }

    async fn read(&mut self) -> io::Result<usize> {
        within(self.stream.read_buf(&mut self.unread)).await
    }

    /// A frame of what was read, if a whole one is there.
    fn take_frame(&mut self) -> Option<Frame> {
        let [first, second, rest @ ..] = self.unread.as_slice() else {
            return None;
        };
        assert_eq!(second & 0x80, 0, "a server does not mask");
        let (length, rest) = match second {
            126 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk::<8>()?;
                let length = u64::from_be_bytes(*length);
                (usize::try_from(length).expect("a length"), rest)
            }
            length => (usize::from(*length), rest),
        };
        let payload = rest.get(..length)?.to_vec();
        let frame = Frame {
            first: *first,
            payload,
        };
        let used = self.unread.len() - rest.len() + length;
        self.unread.drain(..used);
        Some(frame)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
