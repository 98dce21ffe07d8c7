//! A client as small as can be: blocking, and nothing between it and the bytes.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One connection to the server.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
}

impl Peer {
    /// Connects and asks for a WebSocket; [`Peer::expect_101`] reads the answer.
    pub fn knock(address: SocketAddr, path: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
            )
            .as_bytes(),
        )?;
        Ok(Self { stream })
    }

    pub fn expect_101(&mut self) -> Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head);
        if head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT) {
            return Ok(());
        }
        Err(unexpected(&head))
    }

    /// Sends a text of less than 126 bytes in one frame.
    pub fn say(&mut self, text: &str) -> Result<()> {
        let mut frame = vec![0x81, 0x80 | short(text)];
        frame.extend(MASK);
        frame.extend(
            text.bytes()
                .zip(MASK.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        self.stream.write_all(&frame)
    }

    /// Reads the one frame that must come now.
    pub fn expect(&mut self, text: &str) -> Result<()> {
        let mut frame = vec![0; 2 + text.len()];
        self.stream.read_exact(&mut frame)?;
        if frame[..2] == [0x81, short(text)] && frame[2..] == *text.as_bytes() {
            return Ok(());
        }
        Err(unexpected(&String::from_utf8_lossy(&frame)))
    }
}

fn short(text: &str) -> u8 {
    u8::try_from(text.len())
        .ok()
        .filter(|&len| len < 126)
        .expect("the bench's texts are short")
}

fn unexpected(answer: &str) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("the server answered {answer:?}"),
    )
}

/// The pair of RFC 6455, 1.3: nobody caches this handshake, so the same key serves all.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A server that is busy with the others' handshakes gets this long.
const PATIENCE: Duration = Duration::from_secs(10);
