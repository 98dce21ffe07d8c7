//! What waits for one client, bounded in bytes, and who is to write it.

use super::deflation::Own;
use super::queue::Queue;
use super::{Delivery, Message, Missing, Wire};
use crate::close::{Close, Initiator, code};
use crate::codec::Spoken;
use crate::proto::frame;
use crate::slow::{Missed, SlowConsumer};
use bytes::Bytes;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// The messages that a client has not taken yet. An idle client's outbox owns no memory.
///
/// A send only queues. Who writes is told by [`Due`]: the messages of one moment, from
/// whomever they came, go out with one call.
pub(crate) struct Outbox {
    queue: Queue,
    /// The newest pong that is owed behind the queue, while the socket takes nothing.
    pong: Option<Arc<Message>>,
    terms: Arc<Terms>,
    due: Due,
    /// Messages that were dropped since the client fell behind.
    missed: u32,
    ended: Option<Box<Close>>,
    /// Compresses what is queued, for a client that keeps a context.
    own_form: Option<Box<Own>>,
    /// Gone with the connection, so that a kept handle on a client keeps no socket open.
    wire: Option<Arc<dyn Wire>>,
}

/// What a route lets wait for each of its clients, and in which form.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) limit_bytes: usize,
    pub(crate) slow_consumer: SlowConsumer,
    /// Counts what its clients miss.
    pub(crate) missing: Arc<Missing>,
    pub(crate) codec: Spoken,
    /// The most rooms each may be in, where that is not the same for all.
    pub(crate) max_rooms: Option<u32>,
}

/// Who writes what waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// Nobody: nothing waits.
    Nothing,
    /// A flush that was asked for, beside the senders.
    Flush,
    /// The client's own task, at the end of its turn on this thread.
    Turn,
    /// The client's own task, as soon as the socket takes something again.
    Writable,
}

impl Outbox {
    pub(crate) fn new(wire: Arc<dyn Wire>, terms: Arc<Terms>) -> Self {
        Self {
            queue: Queue::new(terms.codec),
            pong: None,
            terms,
            due: Due::Nothing,
            missed: 0,
            ended: None,
            own_form: None,
            wire: Some(wire),
        }
    }

    pub(super) fn compress_by(&mut self, own_form: Option<Box<Own>>) {
        self.own_form = own_form;
    }

    /// Takes a message, or does what the route says of clients for whom too much waits.
    ///
    /// An empty outbox takes one message of any size.
    pub(crate) fn send(&mut self, message: &Arc<Message>) -> Delivery {
        if self.is_closed() {
            return Delivery::Gone;
        }
        if message.is_volatile() && self.due == Due::Writable {
            self.terms.missing.messages.add_one();
            return Delivery::Dropped;
        }
        self.make_room_for(message);
        if self.has_room_for(message) {
            // Only now that it is sure to go out, in this order.
            self.queue.push(match &mut self.own_form {
                Some(own_form) => own_form.of(message, self.terms.codec),
                None => Arc::clone(message),
            });
            return Delivery::Queued;
        }
        self.miss(1);
        if !self.may_drop(message) {
            self.overflow();
        }
        Delivery::Dropped
    }

    /// Whether several messages may come as one: not where each may be dropped or replaced,
    /// or is compressed.
    pub(super) fn takes_bundles(&self) -> bool {
        self.terms.codec == Spoken::Envelope
            && self.terms.slow_consumer == SlowConsumer::Disconnect
            && self.due != Due::Writable
            && self.own_form.is_none()
    }

    /// Whether a message fits behind what waits already. An empty outbox takes one of any size.
    pub(super) fn has_room_for(&self, message: &Message) -> bool {
        self.queue.has_room_for(message, self.terms.limit_bytes)
    }

    /// Writes what waits, unless that was tried before, or what has gathered in the
    /// client's own turn must come first and is not here.
    pub(super) fn try_to_empty(&mut self, replies: Option<&mut Vec<u8>>) {
        match (self.due, replies) {
            (Due::Nothing | Due::Flush, _) => self.write_for_others(&mut Vec::new()),
            (Due::Turn, Some(replies)) => {
                self.write_for_others(replies);
            }
            _ => {}
        }
    }

    /// Whether a message may join the replies of the client's own turn: nothing waits that
    /// must come first. From then on, others leave the writing to the turn.
    pub(super) fn takes_replies(&mut self) -> TakesReplies {
        if self.is_closed() {
            TakesReplies::Gone
        } else if self.has_nothing_first() {
            self.due = Due::Turn;
            TakesReplies::Yes
        } else {
            TakesReplies::No
        }
    }

    /// Whether replies of the client's own turn have gathered, and one more may join them.
    pub(super) fn gathers(&self) -> bool {
        self.due == Due::Turn && self.has_nothing_first() && !self.is_closed()
    }

    /// Whether nothing waits, and the client is there.
    pub(super) fn is_idle(&self) -> bool {
        self.due == Due::Nothing
            && self.queue.is_empty()
            && self.pong.is_none()
            && !self.is_closed()
    }

    /// Writes what was left to the turn that ends now.
    pub(super) fn end_turn(&mut self, replies: Option<&mut Vec<u8>>) {
        if self.due == Due::Turn {
            self.try_to_empty(replies);
        } else if let Some(replies) = replies {
            // The connection broke in the middle of it.
            replies.clear();
        }
    }

    /// Whether to ask for a flush: something waits, and nobody else writes it.
    pub(super) fn asks_for_flush(&mut self) -> bool {
        let asks = self.due == Due::Nothing && !self.queue.is_empty();
        if asks {
            self.due = Due::Flush;
        }
        asks
    }

    /// Leaves the writing to the end of the turn in which the client's own task is.
    pub(super) fn leave_to_turn(&mut self) {
        if self.due != Due::Writable && !self.queue.is_empty() {
            self.due = Due::Turn;
        }
    }

    /// Owes the peer this pong. While the socket takes nothing, it owes the newest only
    /// (RFC 6455, 5.5.3): a flood of pings costs one message.
    pub(crate) fn pong(&mut self, pong: Arc<Message>) {
        if self.is_closed() {
            return;
        }
        if self.due == Due::Writable {
            self.pong = Some(pong);
        } else {
            self.queue.push(pong);
            self.leave_to_turn();
        }
    }

    /// Asks the peer for a sign of life, unless that is the last thing that waits already.
    /// Taken over the limit too: our own question must not be what closes a client.
    pub(crate) fn ping(&mut self, ping: Arc<Message>) {
        let frame = |message| self.queue.frame(message);
        let waits = (self.queue.last()).is_some_and(|last| frame(last) == frame(&ping));
        if !self.is_closed() && !waits {
            self.queue.push(ping);
            self.leave_to_turn();
        }
    }

    /// Closes behind what waits. False if it had ended before: the first end counts.
    pub(crate) fn end(&mut self, close: Close) -> bool {
        if self.ended.is_some() {
            return false;
        }
        self.wake();
        if close.code == code::ABNORMAL {
            // A connection that broke takes no close frame, and one that is cut gets none.
            self.hang_up();
        } else if self.wire.is_some() {
            let last = frame::close(close.code, &close.reason);
            self.queue.push(Arc::new(Message::kept(last)));
        }
        self.ended = Some(Box::new(close));
        true
    }

    pub(crate) fn ended(&self) -> Option<&Close> {
        self.ended.as_deref()
    }

    /// Writes what a flush was asked for, as much as fits; the rest is the own task's.
    pub(super) fn flush_beside(&mut self) {
        if self.due == Due::Flush {
            self.write_for_others(&mut Vec::new());
        }
    }

    /// Writes what waits, as much as fits, unless a flush was asked for that will.
    ///
    /// # Errors
    ///
    /// The connection is lost, found out now or by a sender before.
    pub(crate) fn flush(&mut self, replies: Option<&mut Vec<u8>>) -> io::Result<Flushed> {
        let none = &mut Vec::new();
        let replies = replies.unwrap_or(none);
        if self.due == Due::Flush && !self.is_closed() {
            return Ok(Flushed::default());
        }
        self.write(replies)
    }

    /// The same where the socket took nothing for so long that it is asked anyway.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub(crate) fn flush_anyway(&mut self) -> io::Result<Flushed> {
        self.write_by(&mut Vec::new(), <dyn Wire>::try_write_anyway)
    }

    pub(super) fn has_hung_up(&self) -> bool {
        self.wire.is_none()
    }

    /// Lets go of the connection and of what waited for it.
    pub(crate) fn hang_up(&mut self) {
        self.wire = None;
        self.queue = Queue::new(self.terms.codec);
        self.pong = None;
        self.due = Due::Nothing;
    }

    /// Lets go of it while its task still waits for the peer.
    pub(crate) fn cut(&mut self) {
        self.wake();
        self.hang_up();
    }

    /// Whether nothing waits that comes before a reply.
    fn has_nothing_first(&self) -> bool {
        self.queue.is_empty() && self.due != Due::Writable && self.own_form.is_none()
    }

    fn is_closed(&self) -> bool {
        self.ended.is_some() || self.wire.is_none()
    }

    fn may_drop(&self, message: &Message) -> bool {
        self.terms.slow_consumer != SlowConsumer::Disconnect && message.may_be_dropped()
    }

    /// Sees to it that a message fits, if that can be done.
    fn make_room_for(&mut self, message: &Message) {
        let mut dropped = 0;
        if self.terms.slow_consumer == SlowConsumer::Latest && self.due == Due::Writable {
            dropped += u32::from(self.queue.drop_replaced_by(message));
        }
        if let SlowConsumer::DropOldest | SlowConsumer::Latest = self.terms.slow_consumer {
            while !self.has_room_for(message) && self.queue.drop_oldest() {
                dropped += 1;
            }
        }
        self.miss(dropped);
    }

    fn miss(&mut self, messages: u32) {
        if messages > 0 {
            self.missed = self.missed.saturating_add(messages);
            self.terms.missing.messages.add(messages);
        }
    }

    /// Writes where nobody waits for the socket: the client's own task is told to, if need be.
    fn write_for_others(&mut self, replies: &mut Vec<u8>) {
        if self.write(replies).is_ok_and(|flushed| flushed.is_blocked) {
            self.wake();
        }
    }

    fn write(&mut self, replies: &mut Vec<u8>) -> io::Result<Flushed> {
        self.write_by(replies, <dyn Wire>::try_write)
    }

    /// Writes `replies`, then the queue, then the pong.
    fn write_by(
        &mut self,
        replies: &mut Vec<u8>,
        way: impl Fn(&dyn Wire, &[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Flushed> {
        // Taken out, since a reference of its own costs two atomic steps.
        let Some(wire) = self.wire.take() else {
            replies.clear();
            return Err(io::ErrorKind::NotConnected.into());
        };
        let written = self.write_to(replies, |slices| way(&*wire, slices));
        if written.is_ok() {
            self.wire = Some(wire);
        } else {
            replies.clear();
            self.hang_up();
            wire.wake();
        }
        written
    }

    fn write_to(
        &mut self,
        replies: &mut Vec<u8>,
        try_write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Flushed> {
        let mut flushed = Flushed::default();
        while let Some(written) = self.write_once(replies, &try_write) {
            match written {
                Ok(bytes) => {
                    flushed.bytes += bytes;
                    self.advance(replies, bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.advance(replies, 0);
                    self.due = Due::Writable;
                    flushed.is_blocked = true;
                    return Ok(flushed);
                }
                Err(error) => return Err(error),
            }
        }
        if std::mem::replace(&mut self.due, Due::Nothing) == Due::Writable {
            let messages = std::mem::take(&mut self.missed);
            flushed.caught_up = Some(Missed { messages });
        }
        Ok(flushed)
    }

    /// One call to the socket; `None` when nothing waits.
    fn write_once(
        &mut self,
        replies: &[u8],
        try_write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> Option<io::Result<usize>> {
        if self.queue.is_empty() && replies.is_empty() {
            self.queue.push(self.pong.take()?);
        }
        let replies = (!replies.is_empty()).then(|| IoSlice::new(replies));
        // Mostly it is one piece, which needs no list.
        let only = match replies {
            Some(replies) => self.queue.is_empty().then_some(replies),
            None => self.queue.only_piece(),
        };
        if let Some(piece) = only {
            return Some(retried(|| try_write(&[piece])));
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let first = usize::from(replies.is_some());
        slices[0] = replies.unwrap_or(slices[0]);
        let filled = first + self.queue.fill(&mut slices[first..]);
        Some(retried(|| try_write(&slices[..filled])))
    }

    /// Takes `written` bytes off. What is left of the replies waits from now on.
    fn advance(&mut self, replies: &mut Vec<u8>, written: usize) {
        if replies.is_empty() {
            self.queue.advance(written);
        } else if written < replies.len() {
            let rest = Message::kept(Bytes::copy_from_slice(replies));
            replies.clear();
            self.queue.push_begun(Arc::new(rest), written);
        } else {
            let written = written - replies.len();
            replies.clear();
            self.queue.advance(written);
        }
    }

    /// Too much waits: drops all but a message that has begun, and closes.
    fn overflow(&mut self) {
        self.terms.missing.clients.add_one();
        self.queue.drop_waiting();
        self.pong = None;
        self.end(Close::new(
            code::TRY_AGAIN_LATER,
            "too slow: the outbox is full",
            Initiator::Server,
        ));
    }

    fn wake(&self) {
        if let Some(wire) = &self.wire {
            wire.wake();
        }
    }
}

/// Whether a message may join the replies of the client's own turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TakesReplies {
    Yes,
    /// Something waits that must come first, or it must be compressed in the order of the
    /// queue.
    No,
    Gone,
}

/// What a flush came to.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Flushed {
    /// How much the socket took.
    pub(crate) bytes: usize,
    /// More waits than the socket takes now.
    pub(crate) is_blocked: bool,
    /// What the client missed, if it was behind and is not any more.
    pub(crate) caught_up: Option<Missed>,
}

/// Repeats a write that a signal interrupted; a write of nothing is an error.
fn retried(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Messages joined into one write; the kernel takes up to 1024 slices (IOV_MAX), but
/// beyond a few dozen the copy dominates.
const MAX_SLICES: usize = 64;
