//! Messages that wait for one client, in order, and what they cost.

use super::{Frame, Message};
use crate::codec::Spoken;
use crate::config::QUEUE_ENTRY_BYTES;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::iter;
use std::sync::Arc;

/// Messages in the order in which they were sent. An empty queue owns no memory.
pub(super) struct Queue {
    messages: VecDeque<Arc<Message>>,
    /// What the client speaks.
    codec: Spoken,
    /// What the messages cost: see [`Queue::cost`].
    bytes: usize,
    /// How much of the first message is on the wire: it must be finished before anything else.
    begun_bytes: usize,
}

impl Queue {
    pub(super) fn new(codec: Spoken) -> Self {
        Self {
            messages: VecDeque::new(),
            codec,
            bytes: 0,
            begun_bytes: 0,
        }
    }

    /// The frame of a message, as this client reads it.
    pub(super) fn frame<'m>(&self, message: &'m Message) -> &'m Frame {
        message.frame(self.codec)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn push(&mut self, message: Arc<Message>) {
        self.bytes += self.cost(&message);
        self.messages.push_back(message);
    }

    /// Puts a message of which `begun_bytes` are on the wire before all others.
    pub(super) fn push_begun(&mut self, message: Arc<Message>, begun_bytes: usize) {
        self.bytes += self.cost(&message);
        self.messages.push_front(message);
        self.begun_bytes = begun_bytes;
    }

    /// Whether one more message costs at most `limit_bytes` in all. An empty queue takes
    /// one message of any size.
    pub(super) fn has_room_for(&self, message: &Message, limit_bytes: usize) -> bool {
        self.is_empty() || self.bytes + self.cost(message) <= limit_bytes
    }

    pub(super) fn last(&self) -> Option<&Arc<Message>> {
        self.messages.back()
    }

    /// Drops all but a message that has begun.
    pub(super) fn drop_waiting(&mut self) {
        self.messages.truncate(self.first_waiting());
        self.bytes = (self.messages.iter().map(|message| self.cost(message))).sum();
    }

    /// Drops the oldest message that may be. False if there is none.
    pub(super) fn drop_oldest(&mut self) -> bool {
        self.drop_first(Message::may_be_dropped)
    }

    /// Drops the waiting message that `newer` puts out of date. False if there is none.
    pub(super) fn drop_replaced_by(&mut self, newer: &Message) -> bool {
        self.drop_first(|older| newer.replaces(older))
    }

    /// All that is to be written, if it is one piece.
    pub(super) fn only_piece(&self) -> Option<IoSlice<'_>> {
        if self.messages.len() != 1 {
            return None;
        }
        let mut pieces = self.frame(self.messages.front()?).pieces(self.begun_bytes);
        pieces.next().filter(|_| pieces.next().is_none())
    }

    /// What is to be written next, as much as fits into `slices`; tells how many it fills.
    pub(super) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let starts = iter::once(self.begun_bytes).chain(iter::repeat(0));
        let waiting = self.messages.iter().zip(starts);
        let pieces = waiting.flat_map(|(message, start)| self.frame(message).pieces(start));
        for (slice, piece) in slices.iter_mut().zip(pieces) {
            *slice = piece;
            filled += 1;
        }
        filled
    }

    /// Takes `written` bytes off the front.
    pub(super) fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.messages.front() {
            let left = self.frame(first).len() - self.begun_bytes;
            if written < left {
                self.begun_bytes += written;
                return;
            }
            written -= left;
            self.begun_bytes = 0;
            self.bytes -= self.cost(first);
            self.messages.pop_front();
        }
        // A client that caught up owns no queue.
        self.messages = VecDeque::new();
    }

    fn drop_first(&mut self, is_wanted: impl Fn(&Message) -> bool) -> bool {
        let mut waiting = self.messages.iter().enumerate().skip(self.first_waiting());
        let Some((index, _)) = waiting.find(|(_, message)| is_wanted(message)) else {
            return false;
        };
        if let Some(dropped) = self.messages.remove(index) {
            self.bytes -= self.cost(&dropped);
        }
        true
    }

    /// The index of the first message that has not begun.
    fn first_waiting(&self) -> usize {
        usize::from(self.begun_bytes > 0)
    }

    /// What a waiting message is counted for.
    fn cost(&self, message: &Message) -> usize {
        self.frame(message).len() + QUEUE_ENTRY_BYTES
    }
}
