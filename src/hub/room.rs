//! A room: a name and its members.

use super::Member;
use crate::id::ClientId;
use crate::lock::lock;
use indexmap::IndexMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// A room exists from its first member to its last.
pub(super) struct Room {
    name: Arc<str>,
    // Held while a frame is handed to each member: that is what makes all members of
    // a room see its frames in one order.
    members: Mutex<Members>,
}

impl Room {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            members: Mutex::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        lock(&self.members)
    }

    /// False if the room has emptied and is about to be forgotten.
    pub(super) fn insert(&self, member: &Arc<Member>) -> bool {
        let mut members = self.members();
        if members.emptied {
            return false;
        }
        members.map.insert(member.id(), Arc::clone(member));
        true
    }

    /// True if this was the last member.
    pub(super) fn remove(&self, member: &Member) -> bool {
        let mut members = self.members();
        members.map.swap_remove(&member.id());
        // The list of everyone empties and fills again; it has no name to be forgotten by.
        members.emptied = members.map.is_empty() && !self.name.is_empty();
        members.emptied
    }
}

/// The members of one room: a list to walk and a map to remove from.
#[derive(Default)]
pub(super) struct Members {
    map: IndexMap<ClientId, Arc<Member>>,
    emptied: bool,
}

impl Members {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.map.values()
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
