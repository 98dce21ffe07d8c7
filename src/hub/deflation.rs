//! Which form of a message a client gets that takes compressed ones.

use super::Message;
use crate::codec::Spoken;
use crate::compression::MAX_WINDOW_BITS;
use crate::proto::deflate::{self, Compressor};
use crate::proto::extension::Agreed;
use crate::proto::frame;
use std::sync::Arc;

/// What is compressed for a client, as its handshake agreed on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deflation {
    threshold_bytes: usize,
    window_bits: u8,
    keeps_context: bool,
}

impl Deflation {
    /// Messages of fewer bytes than the threshold are left as they are.
    pub(crate) fn new(agreed: &Agreed, threshold_bytes: usize) -> Self {
        Self {
            // An empty message only gets longer.
            threshold_bytes: threshold_bytes.max(1),
            window_bits: agreed.server_window_bits,
            keeps_context: agreed.server_keeps_context,
        }
    }

    /// The form that all share, or that which only this client can read.
    pub(super) fn into_form(self) -> (Option<Shared>, Option<Box<Own>>) {
        if self.keeps_context {
            let compressor = None;
            (
                None,
                Some(Box::new(Own {
                    deflation: self,
                    compressor,
                })),
            )
        } else {
            (Some(Shared(self)), None)
        }
    }
}

/// Messages that refer to nothing but themselves: compressed, they are the same for everybody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared(Deflation);

impl Shared {
    /// The compressed form, if the client takes it and it is shorter.
    pub(super) fn of<'m>(&self, message: &'m Arc<Message>, codec: Spoken) -> &'m Arc<Message> {
        let (opcode, payload) = message.frame(codec).open();
        if opcode.is_control() || !self.takes(payload.len()) {
            return message;
        }
        message.deflated(codec).unwrap_or(message)
    }

    /// Compresses the frame at the end of `replies`, which begins at `start`.
    pub(super) fn compress(&self, replies: &mut Vec<u8>, start: usize) {
        let (opcode, payload) = frame::open(&replies[start..]);
        if self.takes(payload.len())
            && let Some(frame) = deflate::frame_alone(opcode, payload)
        {
            replies.truncate(start);
            replies.extend_from_slice(&frame);
        }
    }

    /// Whether it takes a message of so many bytes compressed.
    ///
    /// It is compressed with the largest window. A client that asked for a smaller one can
    /// read it all the same if the whole message fits that, since nothing in it then refers
    /// further back; longer ones go to it as they are.
    fn takes(&self, payload_len: usize) -> bool {
        let Deflation {
            threshold_bytes,
            window_bits,
            ..
        } = self.0;
        let fits = window_bits == MAX_WINDOW_BITS || payload_len <= 1 << window_bits;
        fits && payload_len >= threshold_bytes
    }
}

/// Messages that refer to what was compressed for the same client before.
pub(super) struct Own {
    deflation: Deflation,
    /// None until there is something to compress.
    compressor: Option<Box<Compressor>>,
}

impl Own {
    /// The form that goes out now, in front of all that comes later. None of it may be dropped.
    pub(super) fn of(&mut self, message: &Arc<Message>, codec: Spoken) -> Arc<Message> {
        let Deflation {
            threshold_bytes,
            window_bits,
            ..
        } = self.deflation;
        let (opcode, payload) = message.frame(codec).open();
        // Control frames are never compressed (RFC 7692, 6.1).
        if opcode.is_control() || payload.len() < threshold_bytes {
            return Arc::clone(message);
        }
        let compressor =
            (self.compressor).get_or_insert_with(|| Box::new(Compressor::new(window_bits)));
        Arc::new(message.deflated_by(compressor, codec))
    }
}
