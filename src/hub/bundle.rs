//! The same messages for many clients, in one piece.

use super::queue::Queue;
use super::{Frame, Message};
use crate::codec::Codec;
use crate::copy::append;
use std::sync::Arc;

/// Puts the messages together of clients that were sent the same: members of a room, mostly.
///
/// The first such client is written piece by piece; the second shows that a bundle pays.
#[derive(Default)]
pub(super) struct Bundle {
    messages: Vec<Arc<Message>>,
    codec: Codec,
    bytes: Vec<u8>,
}

impl Bundle {
    /// All of the queue in one piece, if that was asked for the same messages before.
    pub(super) fn of(&mut self, queue: &Queue) -> Option<&[u8]> {
        let messages = queue.unbegun().filter(|messages| messages.len() > 1)?;
        let is_known = self.codec == queue.codec()
            && self.messages.len() == messages.len()
            && (self.messages.iter().zip(messages)).all(|(known, new)| Arc::ptr_eq(known, new));
        if !is_known {
            self.messages.clear();
            self.messages.extend(messages.iter().cloned());
            self.codec = queue.codec();
            self.bytes.clear();
            return None;
        }
        if self.bytes.is_empty() {
            let frames = messages.iter().map(|message| queue.frame(message));
            let len: usize = frames.clone().map(Frame::len).sum();
            if len > MOST_BYTES {
                return None;
            }
            self.bytes.reserve(len);
            for piece in frames.flat_map(|frame| frame.pieces(0)) {
                append(&mut self.bytes, &piece);
            }
        }
        Some(&self.bytes)
    }
}

/// Beyond this the copy costs more than the pieces.
const MOST_BYTES: usize = 64 << 10;
