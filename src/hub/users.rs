//! The connections of each user.

use super::Member;
use crate::lock::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// The connections of each user that is known by name.
#[derive(Default)]
pub(super) struct Users {
    index: Mutex<HashMap<Arc<str>, Vec<Arc<Member>>>>,
    /// Held while a message is handed to a user's connections: all get the messages to their
    /// user in one order, as the members of a room do.
    order: Mutex<()>,
}

impl Users {
    pub(super) fn insert(&self, member: &Arc<Member>) {
        if let Some(user) = user_of(member) {
            let mut users = lock(&self.index);
            users.entry(user).or_default().push(Arc::clone(member));
        }
    }

    pub(super) fn remove(&self, member: &Arc<Member>) {
        let Some(user) = user_of(member) else { return };
        let mut users = lock(&self.index);
        if let Some(members) = users.get_mut(&user) {
            members.retain(|other| !Arc::ptr_eq(other, member));
            if members.is_empty() {
                users.remove(&user);
            }
        }
    }

    /// Nobody else hands a message to users meanwhile.
    pub(super) fn in_order(&self) -> MutexGuard<'_, ()> {
        lock(&self.order)
    }

    pub(super) fn members(&self, user: &str) -> Vec<Arc<Member>> {
        lock(&self.index).get(user).cloned().unwrap_or_default()
    }
}

fn user_of(member: &Member) -> Option<Arc<str>> {
    member.owner()?.user().cloned()
}
