//! Writing what was sent: beside the senders, once for each client and moment.
//!
//! A handler that sends to a room appends to the room's log, nothing more. The room is noted
//! here, and settled and written a little later: after the other handlers that are ready
//! now, so that what they send too goes out with the same calls.

use super::Member;
use super::room::Room;
use crate::lock::lock;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, Weak};
use std::vec;

/// What was sent on one thread and is to be written.
///
/// Dropped, it writes at once: nobody may be forgotten.
pub(crate) struct Moment(Arc<Mutex<Option<Noted>>>);

/// A hold on a moment that does not keep it from ending.
pub(crate) struct WeakMoment(Weak<Mutex<Option<Noted>>>);

/// `None` in its place means that the writing has begun: later sends begin a new moment.
#[derive(Default)]
struct Noted {
    /// Rooms whose logs hold something.
    rooms: Vec<Arc<Room>>,
    /// Clients whose outboxes do.
    members: Vec<Arc<Member>>,
}

/// Runs a moment beside its caller.
pub(crate) type Beside = fn(Moment);

thread_local! {
    static NOW: RefCell<Option<Arc<Mutex<Option<Noted>>>>> = const { RefCell::new(None) };
}

/// Notes clients to be written to.
pub(super) fn note_members(mut members: Vec<Arc<Member>>, beside: Beside) {
    if !members.is_empty() {
        note(|noted| noted.members.append(&mut members), beside);
    }
}

/// Notes a room to be settled, and its members to be written to.
pub(super) fn note_room(room: Arc<Room>, beside: Beside) {
    note(|noted| noted.rooms.push(room), beside);
}

fn note(add: impl FnOnce(&mut Noted), beside: Beside) {
    let begun = NOW.with_borrow_mut(|now| {
        if let Some(moment) = now
            && let Some(noted) = &mut *lock(moment)
        {
            add(noted);
            return None;
        }
        let mut noted = Noted::default();
        add(&mut noted);
        Some(Arc::clone(now.insert(Arc::new(Mutex::new(Some(noted))))))
    });
    if let Some(moment) = begun {
        beside(Moment(moment));
    }
}

impl Noted {
    /// Everybody to be written to, with all that was sent to their rooms in their outboxes.
    fn settled(self) -> Vec<Arc<Member>> {
        let mut members = self.members;
        for room in self.rooms {
            members.append(&mut room.settle());
        }
        members
    }
}

impl WeakMoment {
    /// The moment, unless it is over.
    pub(crate) fn upgrade(&self) -> Option<Moment> {
        self.0.upgrade().map(Moment)
    }
}

impl Moment {
    pub(crate) fn downgrade(&self) -> WeakMoment {
        WeakMoment(Arc::downgrade(&self.0))
    }

    /// Ends the moment: what was noted by now, in parts that may be written side by side.
    pub(crate) fn into_flushes(self, parts: usize) -> impl Iterator<Item = Flush> {
        let noted = lock(&self.0).take().unwrap_or_default();
        let mut members = noted.settled();
        let parts = parts.min(members.len() / LEAST_PART).max(1);
        let part = members.len().div_ceil(parts);
        (0..parts).map(move |_| {
            let rest = members.split_off(part.min(members.len()));
            Flush::new(std::mem::replace(&mut members, rest))
        })
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        let noted = lock(&self.0).take();
        if let Some(noted) = noted {
            drop(Flush::new(noted.settled()));
        }
    }
}

/// Clients on their way to be written to. Dropped, it writes to the rest.
pub(crate) struct Flush {
    members: vec::IntoIter<Arc<Member>>,
}

impl Flush {
    fn new(members: Vec<Arc<Member>>) -> Self {
        Self {
            members: members.into_iter(),
        }
    }

    /// Writes to the next few clients. False if that was all.
    pub(crate) fn step(&mut self) -> bool {
        for member in self.members.by_ref().take(BATCH) {
            member.flush_beside();
        }
        self.members.len() > 0
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        while self.step() {}
    }
}

/// As many are worth waking another worker for: with two, a room of 100 got 1.1 times as much
/// when it was not parted.
const LEAST_PART: usize = 4 * BATCH;

/// A quarter of a millisecond of writing; then others get their turn.
const BATCH: usize = 64;
