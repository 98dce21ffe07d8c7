//! What waits for one client, bounded in bytes, and who is to write it.

use super::bundle::Bundle;
use super::queue::Queue;
use super::{Delivery, Message, Wire};
use crate::close::{Close, Initiator, code};
use crate::proto::frame;
use crate::slow::{Missed, SlowConsumer};
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
    ended: Option<Close>,
    /// Gone with the connection, so that a kept handle on a client keeps no socket open.
    wire: Option<Arc<dyn Wire>>,
}

/// What a route lets wait for each of its clients.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) limit_bytes: usize,
    pub(crate) slow_consumer: SlowConsumer,
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
            queue: Queue::default(),
            pong: None,
            terms,
            due: Due::Nothing,
            missed: 0,
            ended: None,
            wire: Some(wire),
        }
    }

    /// Takes a message, or does what the route says of clients for whom too much waits.
    ///
    /// An empty outbox takes one message of any size.
    pub(crate) fn send(&mut self, message: &Arc<Message>) -> Handover {
        if self.is_closed() {
            return Handover::of(Delivery::Gone);
        }
        if message.is_volatile() && self.due == Due::Writable {
            return Handover::of(Delivery::Dropped);
        }
        let dropped = self.make_room_for(message);
        self.missed = self.missed.saturating_add(dropped);
        let delivery = if self.is_closed() {
            Delivery::Gone
        } else if self.has_room_for(message) {
            self.queue.push(Arc::clone(message));
            Delivery::Queued
        } else if self.may_drop(message) {
            self.missed = self.missed.saturating_add(1);
            Delivery::Dropped
        } else {
            self.overflow();
            Delivery::Dropped
        };
        Handover {
            dropped,
            ..Handover::of(delivery)
        }
    }

    /// Whether a flush must be asked for now: something waits that nobody is to write yet.
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
        let waits = (self.queue.last()).is_some_and(|last| last.frame() == ping.frame());
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
        if close.by == Initiator::Network {
            // A connection that broke takes no close frame.
            self.hang_up();
        } else if self.wire.is_some() {
            let last = frame::close(close.code, &close.reason);
            self.queue.push(Arc::new(Message::kept(last)));
        }
        self.ended = Some(close);
        true
    }

    pub(crate) fn ended(&self) -> Option<&Close> {
        self.ended.as_ref()
    }

    /// Writes what a flush was asked for, as much as fits; the rest is the own task's.
    pub(super) fn flush_beside(&mut self, bundle: &mut Bundle) {
        if matches!(self.due, Due::Flush | Due::Turn) {
            self.write_for_others(bundle);
        }
    }

    /// Writes what waits, as much as fits, unless a flush was asked for that will.
    ///
    /// # Errors
    ///
    /// The connection is lost, found out now or by a sender before.
    pub(crate) fn flush(&mut self) -> io::Result<Flushed> {
        if self.wire.is_none() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if self.due == Due::Flush && self.ended.is_none() {
            return Ok(Flushed::default());
        }
        self.write(&mut Bundle::default())
    }

    /// Lets go of the connection and of what waited for it.
    pub(crate) fn hang_up(&mut self) {
        self.wire = None;
        self.queue = Queue::default();
        self.pong = None;
        self.due = Due::Nothing;
    }

    fn is_closed(&self) -> bool {
        self.ended.is_some() || self.wire.is_none()
    }

    fn has_room_for(&self, message: &Message) -> bool {
        self.queue.has_room_for(message, self.terms.limit_bytes)
    }

    fn may_drop(&self, message: &Message) -> bool {
        self.terms.slow_consumer != SlowConsumer::Disconnect && message.may_be_dropped()
    }

    /// Sees to it that a message fits, if that can be done. Tells how many others it cost.
    fn make_room_for(&mut self, message: &Message) -> u32 {
        let mut dropped = 0;
        if self.terms.slow_consumer == SlowConsumer::Latest && self.due == Due::Writable {
            dropped += u32::from(self.queue.drop_replaced_by(message));
        }
        if !self.has_room_for(message) && self.due != Due::Writable {
            // What is owed in this moment has not been tried yet.
            self.write_for_others(&mut Bundle::default());
        }
        if let SlowConsumer::DropOldest | SlowConsumer::Latest = self.terms.slow_consumer {
            while !self.has_room_for(message) && self.queue.drop_oldest() {
                dropped += 1;
            }
        }
        dropped
    }

    /// Writes in another task than the client's own, which is told when more is to be done.
    fn write_for_others(&mut self, bundle: &mut Bundle) {
        if self.write(bundle).is_ok_and(|flushed| flushed.is_blocked) {
            self.wake();
        }
    }

    fn write(&mut self, bundle: &mut Bundle) -> io::Result<Flushed> {
        let Some(wire) = self.wire.clone() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut bytes = 0;
        loop {
            if self.queue.is_empty() {
                let Some(pong) = self.pong.take() else { break };
                self.queue.push(pong);
            }
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let written = match bundle.of(&self.queue) {
                Some(bundle) => retried(|| wire.try_write(&[IoSlice::new(bundle)])),
                None => {
                    let slices = self.queue.fill(&mut slices);
                    retried(|| wire.try_write(slices))
                }
            };
            match written {
                Ok(written) => {
                    bytes += written;
                    self.queue.advance(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.due = Due::Writable;
                    return Ok(Flushed {
                        bytes,
                        is_blocked: true,
                        caught_up: None,
                    });
                }
                Err(error) => {
                    // First, since without the wire nobody can be woken.
                    self.wake();
                    self.hang_up();
                    return Err(error);
                }
            }
        }
        let was_behind = std::mem::replace(&mut self.due, Due::Nothing) == Due::Writable;
        let messages = std::mem::take(&mut self.missed);
        Ok(Flushed {
            bytes,
            is_blocked: false,
            caught_up: was_behind.then_some(Missed { messages }),
        })
    }

    /// Too much waits: drops all but a message that has begun, and closes.
    fn overflow(&mut self) {
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

/// What became of a message that was handed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) delivery: Delivery,
    /// Older messages that were dropped for it.
    pub(crate) dropped: u32,
}

impl Handover {
    fn of(delivery: Delivery) -> Self {
        Self {
            delivery,
            dropped: 0,
        }
    }
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
