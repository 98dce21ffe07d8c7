//! Writing what was sent: beside the senders, once for each client and moment.
//!
//! A handler that sends to a room queues a reference with each member, nothing more. The
//! members are noted here, and written to a little later: after the other handlers that
//! are ready now, so that what they send too goes out with the same calls.

use super::Member;
use super::bundle::Bundle;
use crate::lock::lock;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::vec;

/// Clients that were sent something on one thread and are to be written to.
///
/// Dropped, it writes at once: nobody may be forgotten.
pub(crate) struct Moment(Arc<Noted>);

/// `None` once the writing has begun: later sends begin a new moment.
type Noted = Mutex<Option<Vec<Arc<Member>>>>;

/// Runs a moment beside its caller.
pub(crate) type Beside = fn(Moment);

thread_local! {
    static NOW: RefCell<Option<Arc<Noted>>> = const { RefCell::new(None) };
}

/// Notes clients to be written to.
pub(super) fn note(mut members: Vec<Arc<Member>>, beside: Beside) {
    if members.is_empty() {
        return;
    }
    let begun = NOW.with_borrow_mut(|now| {
        if let Some(noted) = now
            && let Some(noted) = &mut *lock(noted)
        {
            noted.append(&mut members);
            return None;
        }
        Some(Arc::clone(now.insert(Arc::new(Mutex::new(Some(members))))))
    });
    if let Some(noted) = begun {
        beside(Moment(noted));
    }
}

impl Moment {
    /// Ends the moment: what was noted by now, in parts that may be written side by side.
    pub(crate) fn into_flushes(self, parts: usize) -> impl Iterator<Item = Flush> {
        let mut members = lock(&self.0).take().unwrap_or_default();
        let parts = parts.min(members.len().div_ceil(BATCH)).max(1);
        let part = members.len().div_ceil(parts);
        (0..parts).map(move |_| {
            let rest = members.split_off(part.min(members.len()));
            Flush::new(std::mem::replace(&mut members, rest))
        })
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        if let Some(members) = lock(&self.0).take() {
            drop(Flush::new(members));
        }
    }
}

/// Clients on their way to be written to. Dropped, it writes to the rest.
pub(crate) struct Flush {
    members: vec::IntoIter<Arc<Member>>,
    bundle: Bundle,
}

impl Flush {
    fn new(members: Vec<Arc<Member>>) -> Self {
        Self {
            members: members.into_iter(),
            bundle: Bundle::default(),
        }
    }

    /// Writes to the next few clients. False if that was all.
    pub(crate) fn step(&mut self) -> bool {
        for member in self.members.by_ref().take(BATCH) {
            member.flush_beside(&mut self.bundle);
        }
        self.members.len() > 0
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        while self.step() {}
    }
}

/// A quarter of a millisecond of writing; then others get their turn.
const BATCH: usize = 64;
