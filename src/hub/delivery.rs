//! A message on its way round: the rooms it goes through, and what became of it.

use super::room::{Members, Room};
use super::{Delivery, Member, Message};
use std::sync::{Arc, MutexGuard};

/// Several rooms locked together, always in the order of their addresses, so that two
/// deliveries to the same rooms cannot wait for each other.
pub(super) struct Locked<'a>(Vec<(*const Room, MutexGuard<'a, Members>)>);

impl<'a> Locked<'a> {
    pub(super) fn new(rooms: impl Iterator<Item = &'a Arc<Room>>) -> Self {
        let mut rooms: Vec<_> = rooms.collect();
        rooms.sort_unstable_by_key(|room| Arc::as_ptr(room));
        rooms.dedup_by_key(|room| Arc::as_ptr(room));
        Self(
            rooms
                .into_iter()
                .map(|room| (Arc::as_ptr(room), room.members()))
                .collect(),
        )
    }

    pub(super) fn members(&self, room: &Arc<Room>) -> &Members {
        &self.0[self.place_of(room)].1
    }

    /// Hands the members of these rooms what was sent to them. Tells who must be flushed.
    pub(super) fn settle(
        &mut self,
        rooms: impl Iterator<Item = &'a Arc<Room>>,
    ) -> Vec<Arc<Member>> {
        let settle = |room: &Arc<Room>| {
            let place = self.place_of(room);
            room.settle_log(&mut self.0[place].1)
        };
        rooms.flat_map(settle).collect()
    }

    fn place_of(&self, room: &Arc<Room>) -> usize {
        let found = self
            .0
            .binary_search_by_key(&Arc::as_ptr(room), |(address, _)| *address);
        found.expect("every room of the audience is locked")
    }
}

/// What became of a message on its way round.
#[derive(Default)]
pub(super) struct Handed {
    pub(super) queued: usize,
    /// Members that were closed because their outbox was full.
    pub(super) overflowed: Vec<Arc<Member>>,
    /// Members that nobody is to write to yet.
    pub(super) to_flush: Vec<Arc<Member>>,
}

impl Handed {
    pub(super) fn send(&mut self, member: &Arc<Member>, message: &Arc<Message>) {
        let (delivery, asks_for_flush) = member.send(message);
        if asks_for_flush {
            self.to_flush.push(Arc::clone(member));
        }
        match delivery {
            Delivery::Queued => self.queued += 1,
            Delivery::Dropped if member.has_ended() => {
                self.overflowed.push(Arc::clone(member));
            }
            Delivery::Dropped | Delivery::Gone => {}
        }
    }
}
