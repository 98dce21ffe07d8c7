//! The opening handshake, from the client's side.

use crate::failure::Result;
use std::net::SocketAddr;

/// Asks for a WebSocket.
pub fn request(address: SocketAddr, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

/// Checks the answer and tells its length; `None` while it is not whole.
pub fn answer(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return match bytes.len() {
            ..MAX_BYTES => Ok(None),
            _ => Err("the server's answer to the handshake does not end".into()),
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    if head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT) {
        return Ok(Some(end + 4));
    }
    Err(format!("the server answered the handshake with {head:?}").into())
}

/// The pair of RFC 6455, 1.3: no server keeps answers, so the same key serves all.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const MAX_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_101_is_taken() {
        let right = format!("HTTP/1.1 101 Fine\r\nsec-websocket-accept: {ACCEPT}\r\n\r\n");
        assert_eq!(answer(right.as_bytes()), Ok(Some(right.len())));
        assert_eq!(answer(&right.as_bytes()[..right.len() - 1]), Ok(None));
        let longer = format!("{right}\u{1}");
        assert_eq!(answer(longer.as_bytes()), Ok(Some(right.len())));
        for wrong in [
            right.replace("101", "200"),
            right.replace("s3pP", "S3pP"),
            "x".repeat(MAX_BYTES),
        ] {
            assert!(answer(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
