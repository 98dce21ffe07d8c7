//! A room: a name, its members, and what they were sent in this moment.

use super::log::Log;
use super::unsettled::Unsettled;
use super::{Member, Message, RouteNumber, Scope};
use crate::id::ClientId;
use crate::lock::lock;
use indexmap::IndexMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// A room exists from its first member to its last.
pub(super) struct Room {
    name: Arc<str>,
    // Held while a message is appended, or handed to each member: that is what makes all
    // members of a room see its messages in one order.
    members: Mutex<Members>,
    /// Members that are in other rooms too.
    shared: AtomicUsize,
    /// Whether the log holds something; changed under the lock, looked at without.
    is_unsettled: AtomicBool,
    unsettled: Arc<Unsettled>,
}

/// What became of a member that was to come in.
pub(super) enum Inserted {
    Yes,
    /// There is no room for it.
    Full {
        is_empty: bool,
    },
    /// The room has emptied and is about to be forgotten.
    Emptied,
}

impl Room {
    pub(super) fn new(name: Arc<str>, unsettled: &Arc<Unsettled>) -> Self {
        Self {
            name,
            members: Mutex::default(),
            shared: AtomicUsize::new(0),
            is_unsettled: AtomicBool::new(false),
            unsettled: Arc::clone(unsettled),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        lock(&self.members)
    }

    /// Takes a member in, unless there are as many as `capacity` allows.
    pub(super) fn insert(&self, member: &Arc<Member>, capacity: Option<usize>) -> Inserted {
        let mut members = self.members();
        if members.emptied {
            return Inserted::Emptied;
        }
        if capacity.is_some_and(|capacity| members.map.len() >= capacity) {
            // A room that nobody may be in was made to find that out.
            members.emptied = members.map.is_empty();
            let is_empty = members.emptied;
            return Inserted::Full { is_empty };
        }
        members.log.admit(member.id());
        members.note_route_of(member);
        members.map.insert(member.id(), Arc::clone(member));
        members.customs += usize::from(member.speaks_a_custom());
        Inserted::Yes
    }

    /// Takes a member out, with what the room was sent before in its outbox.
    pub(super) fn remove(&self, member: &Member) -> Removed {
        let mut members = self.members();
        let asks_for_flush = members.log.settle_for(member);
        if members.map.swap_remove(&member.id()).is_some() {
            members.customs -= usize::from(member.speaks_a_custom());
        }
        if members.map.is_empty() {
            // Nobody is left who could get what the log holds.
            self.settle_log(&mut members);
        }
        // The list of everyone empties and fills again; it has no name to be forgotten by.
        members.emptied = members.map.is_empty() && !self.name.is_empty();
        Removed {
            asks_for_flush,
            was_last: members.emptied,
        }
    }

    /// Sends to all members but `except`.
    ///
    /// # Errors
    ///
    /// The message: some members speak a codec of the app's own, for which it must be made ready
    /// first, without a lock.
    pub(super) fn send(
        self: &Arc<Self>,
        message: Arc<Message>,
        except: &[ClientId],
    ) -> Result<Appended, Arc<Message>> {
        self.append(&mut self.members(), message, except)
    }

    /// The same within a scope.
    ///
    /// # Errors
    ///
    /// The message, also if only some of the members are in the scope: the log is for all.
    pub(super) fn send_within(
        self: &Arc<Self>,
        scope: Scope,
        message: Arc<Message>,
        except: &[ClientId],
    ) -> Result<Appended, Arc<Message>> {
        let mut members = self.members();
        match members.part_in(scope) {
            Part::All => self.append(&mut members, message, except),
            Part::Some => Err(message),
            Part::None => Ok(Appended::default()),
        }
    }

    fn append(
        self: &Arc<Self>,
        members: &mut Members,
        message: Arc<Message>,
        except: &[ClientId],
    ) -> Result<Appended, Arc<Message>> {
        let left_out = except.iter().filter(|id| members.contains(**id)).count();
        let queued = members.map.len() - left_out;
        if queued == 0 {
            return Ok(Appended::default());
        }
        if members.speak_customs() && !message.is_ready_for_customs() {
            return Err(message);
        }
        let is_first = members.log.is_empty();
        if is_first {
            self.is_unsettled.store(true, Ordering::Release);
            self.unsettled.insert(self);
        }
        let Members { map, log, .. } = members;
        let except = except.iter().copied();
        log.push(message, except.filter(|id| map.contains_key(id)));
        Ok(Appended {
            queued,
            is_first,
            is_full: log.is_full(),
        })
    }

    /// Hands every member what the room was sent. Tells who must be flushed.
    pub(super) fn settle(&self) -> Vec<Arc<Member>> {
        let mut members = self.members();
        self.settle_log(&mut members)
    }

    /// The same by who has locked the members already.
    pub(super) fn settle_log(&self, members: &mut Members) -> Vec<Arc<Member>> {
        if members.log.is_empty() {
            return Vec::new();
        }
        let to_flush = std::mem::take(&mut members.log).settle(members.map.values());
        // Only now: whoever finds the room settled may send to a member without its lock.
        self.is_unsettled.store(false, Ordering::Release);
        self.unsettled.remove(self);
        to_flush
    }

    /// Hands one member what the room was sent. True if it must be flushed.
    pub(super) fn settle_for(&self, member: &Member) -> bool {
        self.is_unsettled() && self.members().log.settle_for(member)
    }

    pub(super) fn is_unsettled(&self) -> bool {
        self.is_unsettled.load(Ordering::Acquire)
    }

    /// Whether some of its members are in other rooms too.
    pub(super) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Acquire) > 0
    }

    /// One of its members is in other rooms too from now on.
    pub(super) fn share(&self) {
        self.shared.fetch_add(1, Ordering::AcqRel);
    }

    /// One of its members is in no other room, or not in this one, any more.
    pub(super) fn unshare(&self) {
        self.shared.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What taking a member out came to.
pub(super) struct Removed {
    pub(super) asks_for_flush: bool,
    /// The room is empty: it is to be forgotten.
    pub(super) was_last: bool,
}

/// What sending to a room came to.
#[derive(Default)]
pub(super) struct Appended {
    /// Members who get it.
    pub(super) queued: usize,
    /// Nothing was there before: somebody must see to it that it is settled.
    pub(super) is_first: bool,
    /// It must be settled now.
    pub(super) is_full: bool,
}

/// The members of one room: a list to walk and a map to remove from.
#[derive(Default)]
pub(super) struct Members {
    map: IndexMap<ClientId, Arc<Member>>,
    /// How many of them speak a codec of the app's own.
    customs: usize,
    emptied: bool,
    log: Log,
    /// By which its first member came, and all others unless it is mixed.
    route: RouteNumber,
    /// Somebody came by another route since it was empty.
    is_mixed: bool,
}

/// Which of a room's members something may reach.
enum Part {
    All,
    Some,
    None,
}

impl Members {
    fn note_route_of(&mut self, newcomer: &Member) {
        if self.map.is_empty() {
            self.route = newcomer.route();
            self.is_mixed = false;
        } else if newcomer.route() != self.route {
            self.is_mixed = true;
        }
    }

    fn part_in(&self, scope: Scope) -> Part {
        match scope {
            Scope::Server => Part::All,
            Scope::Route(_) if self.is_mixed => Part::Some,
            Scope::Route(route) if route == self.route => Part::All,
            Scope::Route(_) | Scope::Nobody => Part::None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.map.values()
    }

    /// Whether some of them speak a codec of the app's own.
    pub(super) fn speak_customs(&self) -> bool {
        self.customs > 0
    }

    pub(super) fn contains(&self, id: ClientId) -> bool {
        self.map.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<ClientId> {
        self.map.keys().copied().collect()
    }
}

pub(crate) fn is_room_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
}

pub(super) const MAX_NAME_BYTES: usize = 128;
