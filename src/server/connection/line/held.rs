//! What a connection holds that most have none of most of the time.

use super::Line;
use super::clock::Clock;
use crate::close::{Close, Initiator, code};
use crate::proto::message::Decoder;
use crate::server::connection::events::Events;
use crate::server::socket::Link;
use tokio::time::Instant;

/// A message that is read in part, what was read too early, a socket that takes nothing, a
/// clock that few routes ask for.
#[derive(Default)]
pub(super) struct Held {
    /// Of a message that is read in part, or of a client that keeps a compression context.
    pub(super) part: Option<Part>,
    /// Read, but not decoded: the events were full, or this turn was over.
    pub(super) backlog: Option<Backlog>,
    /// Since when the socket has taken nothing, though something waits.
    pub(super) stalled_since: Option<Instant>,
    /// Since when the socket is not read as fast as the peer may write: its events wait.
    pub(super) unread_since: Option<Instant>,
    /// How much of it is in the sum over all connections.
    counted_bytes: usize,
    /// Heartbeats and activity, where the route asks for them.
    pub(super) clock: Option<Clock>,
}

/// The decoder, and since when it has a part of a message.
pub(super) struct Part {
    pub(super) decoder: Decoder,
    pub(super) since: Option<Instant>,
}

/// Bytes that were read; the first of them are decoded.
pub(super) struct Backlog {
    bytes: Box<[u8]>,
    decoded: usize,
}

impl Held {
    pub(super) fn with_clock(clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.part.is_none()
            && self.backlog.is_none()
            && self.stalled_since.is_none()
            && self.unread_since.is_none()
            && self.counted_bytes == 0
            && self.clock.is_none()
    }

    /// What the peer's bytes own here.
    fn bytes(&self) -> usize {
        let part = self.part.as_ref().map(|part| part.decoder.held_bytes());
        let backlog = self.backlog.as_ref().map(|backlog| backlog.bytes.len());
        part.unwrap_or_default() + backlog.unwrap_or_default()
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
    /// Keeps the decoder until more comes.
    pub(super) fn keep_part(&mut self, mut part: Part, now: Option<Instant>) {
        let is_timed = self.session.table().limits().message_timeout.is_some();
        part.since = if is_timed && part.decoder.is_under_way() {
            (part.since).or_else(|| Some(now.unwrap_or_else(Instant::now)))
        } else {
            None
        };
        self.held.get_or_insert_default().part = Some(part);
    }

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

    /// The events are full: from now on the peer's bytes wait in the kernel.
    pub(super) fn stop_reading(&mut self) {
        if self.counts {
            let held = self.held.get_or_insert_default();
            held.unread_since.get_or_insert_with(Instant::now);
        }
    }

    /// Nothing of the peer's waits to be read any more.
    pub(super) fn caught_up_with_reading(&mut self) {
        if let Some(held) = &mut self.held {
            held.unread_since = None;
        }
    }

    /// What was read is not looked at any more.
    pub(super) fn forget_input(&mut self) {
        if let Some(held) = &mut self.held {
            (held.part, held.backlog) = (None, None);
        }
    }

    /// Counts what the client makes us hold into the sum over all connections. If that
    /// would be more than the bound, it lets go of everything and closes.
    pub(in crate::server::connection) fn count_held(&mut self, events: &mut Events) {
        // Mostly there is nothing, and nobody's counter is touched.
        if self.held.is_some() || events.held_bytes() > OWN_BYTES {
            self.count(events);
        }
    }

    fn count(&mut self, events: &mut Events) {
        let inbound = self.session.manager().hub().inbound();
        let held = self.held.get_or_insert_default();
        let bytes = (held.bytes() + events.held_bytes()).saturating_sub(OWN_BYTES);
        let before = held.counted_bytes;
        if bytes != before {
            held.counted_bytes = bytes;
            if !inbound.change(before, bytes, self.config.max_inbound_bytes) {
                inbound.let_go(before);
                held.counted_bytes = 0;
                self.refuse_to_hold(events);
            }
        }
        if self.held.as_ref().is_some_and(|held| held.is_empty()) {
            self.held = None;
        }
    }

    fn refuse_to_hold(&mut self, events: &mut Events) {
        self.forget_input();
        events.forget_waiting();
        self.tally().inbound_refused.add_one();
        let reason = "server is out of memory for messages";
        let close = Close::new(code::TRY_AGAIN_LATER, reason, Initiator::Server);
        self.session.end(close);
    }

    /// Takes what is held out of the sum, now that the connection is over.
    pub(in crate::server::connection) fn let_go(&mut self) {
        if let Some(held) = self.held.take() {
            let inbound = self.session.manager().hub().inbound();
            inbound.let_go(held.counted_bytes);
        }
    }
}

/// What each connection may hold without being counted: a message that two segments of TCP
/// cut, a few events behind a handler. So these cost no shared counter, and are possible while
/// others have used up all there is.
const OWN_BYTES: usize = 4 << 10;
