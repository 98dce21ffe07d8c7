//! What waits for whom. In memory: a restart forgets it, and a database belongs in its place.

use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The inboxes of all users.
// A std mutex: it is held for a few steps in memory, and never over an `.await`.
#[derive(Default)]
pub struct Inboxes(Mutex<HashMap<String, Inbox>>);

impl Inboxes {
    /// Looks into a user's inbox, or changes it.
    ///
    /// Nobody else does meanwhile, so that whoever is told of it in here is told in order.
    ///
    /// # Errors
    ///
    /// When there are too many inboxes for one more.
    pub fn with<T>(&self, user: &str, look: impl FnOnce(&mut Inbox) -> T) -> Result<T, Full> {
        let mut inboxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inboxes.len() >= MAX_INBOXES && !inboxes.contains_key(user) {
            return Err(Full);
        }
        let inbox = inboxes.entry(user.to_owned()).or_default();
        let seen = look(inbox);
        if inbox.notifications.is_empty() {
            inboxes.remove(user);
        }
        Ok(seen)
    }
}

/// There is no place for another inbox.
#[derive(Debug)]
pub struct Full;

/// A user's notifications, the newest last.
#[derive(Default)]
pub struct Inbox {
    last_id: u64,
    notifications: VecDeque<Notification>,
}

/// What somebody wrote to a user.
#[derive(Clone, Serialize)]
pub struct Notification {
    pub id: u64,
    pub from: String,
    pub text: String,
    pub timestamp: String,
    pub read: bool,
}

impl Inbox {
    /// Adds one, for which the oldest may have to go.
    pub fn add(&mut self, from: String, text: String) -> &Notification {
        self.last_id += 1;
        if self.notifications.len() == MAX_NOTIFICATIONS {
            self.notifications.pop_front();
        }
        self.notifications.push_back(Notification {
            id: self.last_id,
            from,
            text,
            timestamp: orcs::timestamp(),
            read: false,
        });
        &self.notifications[self.notifications.len() - 1]
    }

    /// All of them, oldest first.
    pub fn notifications(&self) -> &VecDeque<Notification> {
        &self.notifications
    }

    /// How many nobody has read.
    pub fn unread(&self) -> usize {
        self.notifications.iter().filter(|one| !one.read).count()
    }

    /// Marks those as read that `which` picks, and tells which of them were not before.
    pub fn mark_read(&mut self, which: impl Fn(u64) -> bool) -> Vec<u64> {
        let unread = self.notifications.iter_mut().filter(|one| !one.read);
        unread
            .filter(|one| which(one.id))
            .map(|one| {
                one.read = true;
                one.id
            })
            .collect()
    }
}

/// Anybody with a token can write to any name: memory must stay bounded.
const MAX_INBOXES: usize = 10_000;
pub const MAX_NOTIFICATIONS: usize = 100;
