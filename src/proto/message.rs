//! What a client says: messages, pings, and a last word (RFC 6455, 5.4 to 5.6).

mod decoder;
mod gathered;
mod inflation;
#[cfg(test)]
mod tests;
mod whole_text;

pub(crate) use decoder::Decoder;

use super::Violation;
use super::extension::Agreed;
use super::frame::{self, OpCode};
use super::utf8::text;
use crate::close::code;
use std::borrow::Cow;

/// What a client may do about compression, as its handshake agreed on it (RFC 7692).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compressed {
    /// Nothing.
    Refused,
    /// Each compressed message stands alone.
    Alone,
    /// They refer to those before them.
    Kept,
}

impl Compressed {
    pub(crate) fn by(deflate: Option<&Agreed>) -> Self {
        match deflate {
            None => Self::Refused,
            Some(agreed) if agreed.client_keeps_context => Self::Kept,
            Some(_) => Self::Alone,
        }
    }
}

/// What a client said. What is borrowed is lent until the next call of [`Decoder::next`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'m> {
    /// A whole message of text: lent where it lies, or given away if it came in pieces.
    Text(Cow<'m, str>),
    /// The same, seen to be ASCII without control characters, and lent.
    Line(&'m str),
    /// A whole message of bytes, likewise.
    Binary(Cow<'m, [u8]>),
    /// A ping, to be answered with a pong of the same payload (5.5.2).
    Ping(&'m [u8]),
    /// A pong, asked for or not (5.5.3).
    Pong(&'m [u8]),
    /// A part of a message, gathered (5.4) or inflated: nothing to handle yet, but a frame's
    /// worth of work, so that whoever counts work can stop a flood of fragments.
    Fragment,
    /// The client's last word (5.5.1).
    Close {
        /// Why, as a number; 1005 if the client gave none (7.1.5).
        code: u16,
        /// Why, in words; mostly empty.
        reason: &'m str,
    },
}

/// The message of one whole frame, its payload unmasked.
fn lend(opcode: OpCode, payload: &[u8]) -> Result<Incoming<'_>, Violation> {
    match opcode {
        OpCode::Text => Ok(Incoming::Text(text(payload)?.into())),
        // A continuation is never whole; its message is gathered.
        OpCode::Binary | OpCode::Continuation => Ok(Incoming::Binary(payload.into())),
        OpCode::Ping => Ok(Incoming::Ping(payload)),
        OpCode::Pong => Ok(Incoming::Pong(payload)),
        OpCode::Close => close(payload),
    }
}

/// Reads the body of a close frame (RFC 6455, 5.5.1 and 7.4).
fn close(body: &[u8]) -> Result<Incoming<'_>, Violation> {
    let (code, reason) = match body {
        [] => {
            return Ok(Incoming::Close {
                code: code::NO_STATUS,
                reason: "",
            });
        }
        [_] => return Err(Violation::Protocol("close frame has half a code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !frame::is_close_code(code) {
        return Err(Violation::Protocol(
            "close code is not one a client may send",
        ));
    }
    Ok(Incoming::Close {
        code,
        reason: text(reason)?,
    })
}
