//! What a connection holds that most have none of most of the time.

use super::Line;
use crate::proto::message::Decoder;
use crate::server::socket::Link;

/// A message that is read in part, and what was read too early.
#[derive(Default)]
pub(super) struct Held {
    /// Of a message that is read in part, or of a client that keeps a compression context.
    pub(super) decoder: Option<Decoder>,
    /// Read, but not decoded: the events were full, or this turn was over.
    pub(super) backlog: Option<Backlog>,
}

/// Bytes that were read; the first of them are decoded.
pub(super) struct Backlog {
    bytes: Box<[u8]>,
    decoded: usize,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.decoder.is_none() && self.backlog.is_none()
    }
}

impl Backlog {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty()).then(|| Self {
            bytes: bytes.into(),
            decoded: 0,
        })
    }

    pub(super) fn rest(&mut self) -> &mut [u8] {
        &mut self.bytes[self.decoded..]
    }

    /// The same, of which only the last `rest` bytes are left. `None` if that is none.
    pub(super) fn with_rest(mut self, rest: usize) -> Option<Self> {
        self.decoded = self.bytes.len() - rest;
        (rest > 0).then_some(self)
    }
}

impl<L: Link> Line<L> {
    pub(super) fn keep_backlog(&mut self, backlog: Option<Backlog>) {
        if backlog.is_some() {
            self.held.get_or_insert_default().backlog = backlog;
        }
    }

    pub(super) fn take_backlog(&mut self) -> Option<Backlog> {
        self.held.as_mut()?.backlog.take()
    }

    pub(super) fn has_backlog(&self) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.backlog.is_some())
    }

    /// What was read is not looked at any more.
    pub(super) fn forget_input(&mut self) {
        if let Some(held) = &mut self.held {
            (held.decoder, held.backlog) = (None, None);
        }
    }

    pub(in crate::server::connection) fn drop_what_is_empty(&mut self) {
        if self.held.as_ref().is_some_and(|held| held.is_empty()) {
            self.held = None;
        }
    }
}
