//! The opening handshake, as short as can be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::fmt::Write;

/// What a request asks for.
#[derive(Debug, PartialEq)]
pub struct Request {
    pub is_raw: bool,
    pub length: usize,
    pub answer: String,
}

/// Reads a request; `None` while it is not whole, or if it is none.
pub fn read(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then(|| value.trim())
    })?;
    let mut answer = String::from(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    );
    let hash = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let accept = STANDARD.encode(hash);
    write!(answer, "Sec-WebSocket-Accept: {accept}\r\n\r\n").expect("a String takes all");
    Some(Request {
        is_raw: head.starts_with("GET /raw "),
        length: end + 4,
        answer,
    })
}

/// RFC 6455, 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_key_gets_the_rfcs_answer() {
        let request =
            b"GET /raw HTTP/1.1\r\nsec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nmore";
        let read = read(request).unwrap();
        assert!(read.is_raw);
        assert_eq!(read.length, request.len() - 4);
        assert!(
            read.answer.contains(": s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            "{read:?}"
        );
    }
}
