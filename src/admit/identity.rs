//! Who a client is, and until when its token says so.

use crate::lock::lock;
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// Who a client is, as far as somebody has said so.
pub(crate) struct Identity {
    pub(crate) user: Option<Arc<str>>,
    /// When its token runs out; none if it brought none. Moved by a renewal.
    token_ends: Option<Mutex<Instant>>,
}

impl Identity {
    pub(crate) fn new(user: Option<Arc<str>>, token_ends: Option<Instant>) -> Self {
        let token_ends = token_ends.map(Mutex::new);
        Self { user, token_ends }
    }

    /// Whether anything is known at all.
    pub(crate) fn is_known(&self) -> bool {
        self.user.is_some() || self.token_ends.is_some()
    }

    /// When the token that it brought, or renewed, runs out.
    pub(crate) fn token_ends(&self) -> Option<Instant> {
        self.token_ends.as_ref().map(|ends| *lock(ends))
    }

    /// Goes on with another token.
    pub(crate) fn renew(&self, ends: Instant) {
        if let Some(token_ends) = &self.token_ends {
            *lock(token_ends) = ends;
        }
    }
}
