//! Who a client is, and until when its token says so.

use super::lease::{Due, Lease};
use crate::lock::lock;
use crate::rate_limit::SharedBucket;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// Who a client is, as far as somebody has said so.
pub(crate) struct Identity {
    pub(crate) user: Option<Arc<str>>,
    /// Whom its token named; the app may have found another name for him.
    pub(crate) token_user: Option<Arc<str>>,
    /// What all connections of its user may send together.
    pub(crate) bucket: Option<Arc<SharedBucket>>,
    /// None for a client that came without a token. Locked by the client's own task and by
    /// its renewals.
    lease: Option<Mutex<Lease>>,
}

impl Identity {
    pub(crate) fn new(
        user: Option<Arc<str>>,
        bucket: Option<Arc<SharedBucket>>,
        token: Option<(Option<Arc<str>>, Instant)>,
    ) -> Self {
        let (token_user, token_ends) = token.unzip();
        let lease = token_ends.map(|ends| Mutex::new(Lease::new(Instant::now(), ends)));
        Self {
            user,
            token_user: token_user.flatten(),
            bucket,
            lease,
        }
    }

    /// Whether anything is known at all.
    pub(crate) fn is_known(&self) -> bool {
        self.user.is_some() || self.has_token()
    }

    /// Whether it brought a valid token.
    pub(crate) fn has_token(&self) -> bool {
        self.lease.is_some()
    }

    /// When to look next whether something is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lease.as_ref().map(|lease| lock(lease).deadline())
    }

    /// What is due now; see [`Lease::look`].
    pub(crate) fn due(&self, now: Instant, ahead: Option<Duration>, grace: Duration) -> Due {
        match &self.lease {
            Some(lease) => lock(lease).look(now, ahead, grace),
            None => Due::Nothing,
        }
    }

    /// How long its token is still good for, if that is no longer than `ahead`.
    pub(crate) fn left(&self, now: Instant, ahead: Duration) -> Option<Duration> {
        let lease = self.lease.as_ref()?;
        let left = lock(lease).left(now);
        (left <= ahead).then_some(left)
    }

    /// Goes on with another token.
    pub(crate) fn renew(&self, ends: Instant) {
        if let Some(lease) = &self.lease {
            lock(lease).renew(Instant::now(), ends);
        }
    }
}
