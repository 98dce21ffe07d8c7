//! The rooms whose members have not been handed all that was sent to them.

use super::room::Room;
use crate::lock::lock;
use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Rooms with messages in their logs: mostly none, or those of this moment.
#[derive(Default)]
pub(super) struct Unsettled {
    count: AtomicUsize,
    /// By their addresses.
    rooms: Mutex<HashMap<usize, Arc<Room>>>,
}

impl Unsettled {
    /// Whether there are none. Cheap, for those who would have to look at them.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Whether there is none but perhaps this one.
    pub(super) fn is_only(&self, room: &Room) -> bool {
        self.count.load(Ordering::Acquire) <= usize::from(room.is_unsettled())
    }

    pub(super) fn all(&self) -> Vec<Arc<Room>> {
        lock(&self.rooms).values().cloned().collect()
    }

    /// Called under the room's lock.
    pub(super) fn insert(&self, room: &Arc<Room>) {
        lock(&self.rooms).insert(Arc::as_ptr(room).addr(), Arc::clone(room));
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// Called under the room's lock.
    pub(super) fn remove(&self, room: &Room) {
        lock(&self.rooms).remove(&ptr::from_ref(room).addr());
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}
