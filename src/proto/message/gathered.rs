//! A message that comes in pieces: it grows with what arrives, never with what is announced.

use super::Incoming;
use crate::copy::append;
use crate::proto::frame::OpCode;
use crate::proto::{Violation, utf8};

/// The part of a message that has arrived.
pub(super) enum Gathered {
    /// No message has begun.
    Nothing,
    Text {
        text: String,
        tail: utf8::Tail,
    },
    Binary(Vec<u8>),
}

impl Gathered {
    /// Begins a message, if that is what a frame of `opcode` does.
    pub(super) fn begin(&mut self, opcode: OpCode) {
        match opcode {
            OpCode::Text => {
                *self = Self::Text {
                    text: String::new(),
                    tail: utf8::Tail::default(),
                };
            }
            OpCode::Binary => *self = Self::Binary(Vec::new()),
            OpCode::Continuation | OpCode::Close | OpCode::Ping | OpCode::Pong => {}
        }
    }

    /// Appends `piece`; `most` is the length the message can come to.
    pub(super) fn push(&mut self, piece: &[u8], most: usize) -> Result<(), Violation> {
        let len = self.len();
        match self {
            // Not reached: `check_order` passes no payload without its message.
            Self::Nothing => {}
            Self::Text { text, tail } => {
                let wanted = capacity_for(len + piece.len(), text.capacity(), most);
                text.reserve_exact(wanted - text.len());
                tail.push(piece, text)?;
            }
            Self::Binary(bytes) => {
                let wanted = capacity_for(len + piece.len(), bytes.capacity(), most);
                bytes.reserve_exact(wanted - bytes.len());
                append(bytes, piece);
            }
        }
        Ok(())
    }

    /// Gives the message away, now that its last byte is here.
    pub(super) fn take(&mut self) -> Result<Option<Incoming<'static>>, Violation> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => Ok(None),
            Self::Text { text, tail } if tail.is_empty() => Ok(Some(Incoming::Text(text.into()))),
            Self::Text { .. } => Err(Violation::Utf8),
            Self::Binary(bytes) => Ok(Some(Incoming::Binary(bytes.into()))),
        }
    }

    /// How many bytes of the message have arrived.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Text { text, tail } => text.len() + tail.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Text { text, .. } => text.capacity(),
            Self::Binary(bytes) => bytes.capacity(),
        }
    }
}

/// The capacity to have before a message grows to `len`.
///
/// Doubles, so that a message in a million fragments is not copied a million
/// times, but never past `most`, what the message can come to: a single large
/// frame ends in memory of exactly its size.
fn capacity_for(len: usize, capacity: usize, most: usize) -> usize {
    if len <= capacity {
        return capacity;
    }
    capacity.saturating_mul(2).min(most).max(len)
}
