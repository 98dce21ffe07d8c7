//! What a route is told while an app is developed, and never in production.

use super::{Route, Table};
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Development {
    /// Never zero.
    pub(crate) delay: Option<Duration>,
    is_disabled: bool,
}

impl Development {
    /// The option that must not be there in production.
    pub(crate) fn option(&self) -> Option<&'static str> {
        let delay = self.delay.map(|_| "`.delay(..)`");
        delay.or(self.is_disabled.then_some("`.disabled()`"))
    }

    /// Why no app can start with it.
    pub(super) fn problem(&self) -> Option<String> {
        let delay = self.delay.filter(|delay| *delay > A_MINUTE)?;
        Some(format!(
            "`.delay(..)` of {delay:?} is more than a minute (example: Duration::from_millis(200))"
        ))
    }
}

impl Table {
    /// Whether clients find it: a disabled route is answered like a path that does not exist.
    pub(crate) fn is_served(&self) -> bool {
        !self.development.is_disabled
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// Lets each message wait so long before it is looked at, as on a slow network.
    ///
    /// The time counts from a message's arrival, so that a burst stays a burst; order is kept,
    /// and the handler's own timeout begins behind it. For development: with
    /// `APP_ENV=production` it stops the start, and so does more than a minute. Default: none.
    /// Source: universal-api `delay`.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Duration;
    ///
    /// let slow = ws("/ws/chat").delay(Duration::from_millis(200));
    /// # let _ = slow;
    /// ```
    pub fn delay(mut self, delay: Duration) -> Self {
        self.table.development.delay = Some(delay).filter(|delay| !delay.is_zero());
        self
    }

    /// Leaves the route out, as if it did not exist: its path is answered by another route that
    /// fits, or with 404.
    ///
    /// For development: with `APP_ENV=production` it stops the start. Source: universal-api
    /// `disabled`.
    pub fn disabled(mut self) -> Self {
        self.table.development.is_disabled = true;
        self
    }
}

/// Longer is no network, and a stopping app waits no longer than 10 seconds.
const A_MINUTE: Duration = Duration::from_secs(60);
