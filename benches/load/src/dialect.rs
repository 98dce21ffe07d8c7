//! How events are written: as orcs' envelopes, or as Socket.IO's packets.

use crate::failure::Failure;
use std::str::FromStr;

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dialect {
    /// `{"event":"message","payload":{..}}` in a text frame.
    WebSocket,
    /// `42["message",{..}]`: engine.io 4 over its WebSocket transport only.
    SocketIo,
}

impl Dialect {
    pub fn path(self, path: &str) -> &str {
        match self {
            Self::WebSocket => path,
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        }
    }

    /// What stands before and behind a payload.
    pub fn around(self, event: &str) -> (String, &'static str) {
        match self {
            Self::WebSocket => (format!(r#"{{"event":"{event}","payload":"#), "}"),
            Self::SocketIo => (format!(r#"42["{event}","#), "]"),
        }
    }

    pub fn text(self, event: &str, payload: &str) -> String {
        let (before, after) = self.around(event);
        format!("{before}{payload}{after}")
    }
}

impl FromStr for Dialect {
    type Err = Failure;

    fn from_str(word: &str) -> Result<Self, Failure> {
        match word {
            "websocket" => Ok(Self::WebSocket),
            "socketio" => Ok(Self::SocketIo),
            _ => Err(format!("`{word}` is neither websocket nor socketio").into()),
        }
    }
}

/// engine.io's ping and the answer it wants.
pub const PING: &[u8] = b"2";
pub const PONG: &[u8] = b"3";
