//! A room: a name and its members.

use super::{Member, lock};
use crate::error::Error;
use crate::id::ClientId;
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

/// What became of a `join`.
///
/// It may end a handler: a refused join is then answered with an error envelope
/// (codes `validation`, `too_many_rooms`, `unavailable`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Joined {
    /// The client is in the room now.
    Now,
    /// It was in the room before.
    Already,
    /// It is not in the room.
    Refused(JoinError),
}

/// Why a client could not join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The name is empty, too long or holds control characters.
    #[error("a room name has 1 to {MAX_NAME_BYTES} bytes and no control characters")]
    Name,
    /// The client is in as many rooms as `WS_MAX_ROOMS_PER_CLIENT` allows.
    #[error("no more than {limit} rooms at a time; leave one first")]
    TooManyRooms {
        /// The limit.
        limit: usize,
    },
    /// The client is not connected any more.
    #[error("the client has gone")]
    Gone,
}

impl JoinError {
    pub(crate) fn for_peer(&self) -> Error {
        let code = match self {
            Self::Name => "validation",
            Self::TooManyRooms { .. } => "too_many_rooms",
            Self::Gone => "unavailable",
        };
        Error::new(code, self.to_string())
    }
}

/// What became of a `leave`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Left {
    /// The client is out of the room now.
    Now,
    /// It was not in it.
    NotIn,
}

pub(crate) fn is_room_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
}

const MAX_NAME_BYTES: usize = 128;
