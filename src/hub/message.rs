//! A message on its way out.

use super::Frame;
use crate::proto::frame::OpCode;
use bytes::Bytes;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// A message to clients, encoded once however many get it.
#[derive(Debug)]
pub(crate) struct Message {
    frame: Frame,
    kind: Kind,
    /// Where in the frame's first piece its event is named; nowhere for bytes.
    event: Range<usize>,
    /// The rooms it was sent to, as a number that is theirs alone.
    rooms: u64,
}

/// What may become of a message for a client that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It may be dropped or replaced, as the client's route says.
    Event,
    /// It is not even queued.
    Volatile,
    /// It is waited for by name, or keeps the connection alive: never dropped.
    Kept,
}

impl Message {
    /// An event, named in `frame` at `event`; the frame is final and not masked.
    pub(crate) fn event(frame: Bytes, event: Range<usize>) -> Self {
        Self::new(frame.into(), Kind::Event, event)
    }

    /// Bytes that have no name. They are not copied if they are large.
    pub(crate) fn binary(bytes: Bytes) -> Self {
        let frame = Frame::new(OpCode::Binary, bytes);
        Self::new(frame, Kind::Event, 0..0)
    }

    /// An answer, a ping, a pong or a close frame.
    pub(crate) fn kept(frame: Bytes) -> Self {
        Self::new(frame.into(), Kind::Kept, 0..0)
    }

    fn new(frame: Frame, kind: Kind, event: Range<usize>) -> Self {
        Self {
            frame,
            kind,
            event,
            rooms: 0,
        }
    }

    /// For those only who are not behind.
    pub(crate) fn volatile(mut self) -> Self {
        self.kind = Kind::Volatile;
        self
    }

    /// Sent to these rooms.
    pub(super) fn sent_to(mut self, rooms: &[String]) -> Arc<Self> {
        // Keyed, because clients often choose the names of rooms: nobody can find two that
        // are taken for one.
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        self.rooms = KEYS.hash_one(rooms);
        Arc::new(self)
    }

    /// The bytes that go on the wire.
    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn is_volatile(&self) -> bool {
        self.kind == Kind::Volatile
    }

    pub(super) fn may_be_dropped(&self) -> bool {
        self.kind != Kind::Kept
    }

    /// Whether this one makes `older` out of date: the same event to the same rooms.
    pub(super) fn replaces(&self, older: &Self) -> bool {
        let may = self.may_be_dropped() && older.may_be_dropped();
        may && self.rooms == older.rooms && self.event_name() == older.event_name()
    }

    fn event_name(&self) -> &[u8] {
        &self.frame.head()[self.event.clone()]
    }

    #[cfg(test)]
    pub(crate) fn into_frame(self) -> Frame {
        self.frame
    }
}
