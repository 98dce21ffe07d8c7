//! What waits for one client: frames in order, bounded in bytes.

use super::{Delivery, Wire};
use crate::close::{Close, Initiator, code};
use crate::config::QUEUE_ENTRY_BYTES;
use crate::proto::frame;
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// The frames that a client has not taken yet. An idle client's outbox owns no memory.
pub(crate) struct Outbox {
    queue: VecDeque<Bytes>,
    /// What the queue costs: see [`cost`].
    queued_bytes: usize,
    limit_bytes: usize,
    /// The first frame is partly on the wire: it must be finished before anything else.
    is_head_started: bool,
    /// Where in the queue the one waiting pong is.
    pong: Option<usize>,
    ended: Option<Close>,
    /// Gone with the connection, so that a kept handle on a client keeps no socket open.
    wire: Option<Arc<dyn Wire>>,
}

impl Outbox {
    pub(crate) fn new(wire: Arc<dyn Wire>, limit_bytes: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            queued_bytes: 0,
            limit_bytes,
            is_head_started: false,
            pong: None,
            ended: None,
            wire: Some(wire),
        }
    }

    /// Writes `frame` at once if nothing waits, else queues it.
    ///
    /// An empty outbox takes one frame of any size; one that would pass its limit
    /// closes the client with 1013.
    pub(crate) fn send(&mut self, frame: &Bytes) -> Delivery {
        if self.is_closed() {
            return Delivery::Gone;
        }
        if !self.queue.is_empty() && self.queued_bytes + cost(frame) > self.limit_bytes {
            self.overflow();
            return Delivery::Dropped;
        }
        self.push(frame);
        if self.wire.is_none() {
            Delivery::Gone
        } else {
            Delivery::Queued
        }
    }

    /// Owes the peer this pong, instead of any older one that still waits
    /// (RFC 6455, 5.5.3): a flood of pings costs one place in the queue.
    pub(crate) fn pong(&mut self, frame: &Bytes) {
        if self.is_closed() {
            return;
        }
        if let Some(waiting) = self.pong.and_then(|index| self.queue.get_mut(index)) {
            self.queued_bytes = self.queued_bytes - cost(waiting) + cost(frame);
            *waiting = frame.clone();
            return;
        }
        self.push(frame);
        // Written at once, or begun: then none waits.
        let waits = self.queue.len() > usize::from(self.is_head_started);
        self.pong = waits.then(|| self.queue.len() - 1);
    }

    /// Asks the peer for a sign of life, unless that is the last thing that waits already.
    /// Taken over the limit too: our own question must not be what closes a client.
    pub(crate) fn ping(&mut self, frame: &Bytes) {
        if !self.is_closed() && self.queue.back() != Some(frame) {
            self.push(frame);
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
        } else {
            self.push(&frame::close(close.code, &close.reason));
        }
        self.ended = Some(close);
        true
    }

    pub(crate) fn ended(&self) -> Option<&Close> {
        self.ended.as_ref()
    }

    /// Writes what waits, as much as fits.
    ///
    /// # Errors
    ///
    /// The connection is lost, found out now or by a sender before.
    pub(crate) fn flush(&mut self) -> io::Result<Flushed> {
        let mut bytes = 0;
        let Some(wire) = self.wire.clone() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            for (slice, frame) in slices.iter_mut().zip(&self.queue) {
                *slice = IoSlice::new(frame);
            }
            match retried(|| wire.try_write(&slices[..self.queue.len().min(MAX_SLICES)])) {
                Ok(written) => {
                    bytes += written;
                    self.advance(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let is_empty = false;
                    return Ok(Flushed { is_empty, bytes });
                }
                Err(error) => {
                    self.hang_up();
                    return Err(error);
                }
            }
        }
        // A client that caught up owns no queue.
        self.queue = VecDeque::new();
        let is_empty = true;
        Ok(Flushed { is_empty, bytes })
    }

    fn is_closed(&self) -> bool {
        self.ended.is_some() || self.wire.is_none()
    }

    /// Takes a frame whatever it costs. The sender writes when nothing waits; what then
    /// stays behind is the connection's own task's, which is told when the socket is writable.
    fn push(&mut self, frame: &Bytes) {
        let Some(wire) = &self.wire else { return };
        let mut rest = frame.clone();
        if self.queue.is_empty() {
            match retried(|| wire.try_write(&[IoSlice::new(frame)])) {
                Ok(written) if written == frame.len() => return,
                Ok(written) => {
                    rest.advance(written);
                    self.is_head_started = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    self.wake();
                    self.hang_up();
                    return;
                }
            }
            self.wake();
        }
        self.queued_bytes += cost(&rest);
        self.queue.push_back(rest);
    }

    /// Takes `written` bytes off the front.
    fn advance(&mut self, mut written: usize) {
        while written > 0 {
            let head = self
                .queue
                .front_mut()
                .expect("no more was written than waited");
            if written < head.len() {
                head.advance(written);
                self.queued_bytes -= written;
                self.is_head_started = true;
                // A pong that has begun is not replaced any more.
                self.pong = self.pong.filter(|index| *index > 0);
                return;
            }
            written -= head.len();
            self.queued_bytes -= cost(head);
            self.queue.pop_front();
            self.is_head_started = false;
            self.pong = self.pong.and_then(|index| index.checked_sub(1));
        }
    }

    /// Too much waits: drops all but a frame that has begun, and closes.
    fn overflow(&mut self) {
        self.queue.truncate(usize::from(self.is_head_started));
        self.pong = None;
        self.queued_bytes = self.queue.iter().map(cost).sum();
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

    /// Lets go of the connection and of what waited for it.
    pub(crate) fn hang_up(&mut self) {
        self.wire = None;
        self.is_head_started = false;
        self.queue = VecDeque::new();
        self.queued_bytes = 0;
        self.pong = None;
    }
}

/// What a flush came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flushed {
    /// Nothing waits any more.
    pub(crate) is_empty: bool,
    /// How much the socket took.
    pub(crate) bytes: usize,
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

/// What a waiting frame is counted for.
fn cost(frame: &Bytes) -> usize {
    frame.len() + QUEUE_ENTRY_BYTES
}

/// Frames joined into one write; the kernel takes up to 1024 slices (IOV_MAX), but
/// beyond a few dozen the copy dominates.
const MAX_SLICES: usize = 64;
