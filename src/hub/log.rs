//! What a room was sent in this moment, before its members' outboxes have it.

use super::{Frame, Member, Message};
use crate::id::ClientId;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

/// Messages to one room, in order. A broadcast appends one; the members' outboxes get them
/// all at once when the log is settled, joined for everybody who reads the same.
///
/// Who gets which is fixed as they come: each member gets all, less its [`Share`]'s exceptions.
#[derive(Default)]
pub(super) struct Log {
    messages: Vec<Arc<Message>>,
    bytes: usize,
    shares: HashMap<ClientId, Share>,
}

/// What a member gets that does not get all.
#[derive(Default)]
struct Share {
    /// It came, or its outbox was settled, when so many messages were there.
    from: usize,
    /// Messages from which it was left out, oldest first.
    without: Vec<usize>,
}

impl Log {
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether it is to be settled before it grows further.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MOST_BYTES || self.messages.len() >= MOST_MESSAGES
    }

    /// Appends a message that is not for `except`, who are members.
    pub(super) fn push(&mut self, message: Arc<Message>, except: impl Iterator<Item = ClientId>) {
        let index = self.messages.len();
        for id in except {
            let without = &mut self.shares.entry(id).or_default().without;
            if without.last() != Some(&index) {
                without.push(index);
            }
        }
        self.bytes += message.envelope().len();
        self.messages.push(message);
    }

    /// A new member gets what comes from now on.
    pub(super) fn admit(&mut self, id: ClientId) {
        let (from, without) = (self.messages.len(), Vec::new());
        if from > 0 {
            self.shares.insert(id, Share { from, without });
        }
    }

    /// Hands a member its share now. True if it must be flushed.
    pub(super) fn settle_for(&mut self, member: &Member) -> bool {
        if self.is_empty() {
            return false;
        }
        let asks_for_flush = member.take(self.share_of(member.id()));
        self.admit(member.id());
        asks_for_flush
    }

    /// Hands all members their shares. Tells who must be flushed.
    pub(super) fn settle<'a>(
        &self,
        members: impl Iterator<Item = &'a Arc<Member>>,
    ) -> Vec<Arc<Member>> {
        let bundle = self.bundle();
        let members = members.filter(|member| match &bundle {
            Some(bundle) if !self.shares.contains_key(&member.id()) && member.takes_bundles() => {
                member.take([bundle].into_iter())
            }
            _ => member.take(self.share_of(member.id())),
        });
        members.cloned().collect()
    }

    fn share_of(&self, id: ClientId) -> impl Iterator<Item = &Arc<Message>> {
        let share = self.shares.get(&id);
        let from = share.map_or(0, |share| share.from);
        let messages = self.messages.iter().enumerate().skip(from);
        let gets = move |index: &usize| {
            share.is_none_or(|share| share.without.binary_search(index).is_err())
        };
        messages.filter_map(move |(index, message)| gets(&index).then_some(message))
    }

    /// All messages in one piece, if there are several that are worth a copy.
    fn bundle(&self) -> Option<Arc<Message>> {
        if self.messages.len() < 2 || self.bytes > 2 * MOST_BYTES {
            return None;
        }
        let mut frames = Vec::with_capacity(self.bytes);
        for piece in (self.messages.iter()).flat_map(|message| message.envelope().pieces(0)) {
            frames.extend_from_slice(&piece);
        }
        Some(Arc::new(Message::kept(Frame::from(Bytes::from(frames)))))
    }
}

/// Then the log is settled: so much is joined well, and stays in a core's cache while it is
/// written to everybody.
const MOST_BYTES: usize = 64 << 10;

/// Each costs something although it may be empty.
const MOST_MESSAGES: usize = 1024;
