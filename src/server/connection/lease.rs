//! How long a client's token lets it stay (`exp`, RFC 7519, 4.1.4).

use super::events::Events;
use crate::client::Session;
use crate::close::{Close, Initiator, code};
use crate::config::Config;
use std::time::Duration;
use tokio::time::Instant;

/// The end of a client's token, and what is due before it.
pub(super) struct Lease {
    /// When to look next. A renewal moves the end; that is noticed then.
    deadline: Instant,
    /// The end that the client was told of.
    told: Option<Instant>,
}

impl Lease {
    /// None for a client that came without a token.
    pub(super) fn of(session: &Session) -> Option<Box<Self>> {
        session.identity()?.token_ends()?;
        // Before the end, that is: the first look finds out when the next is due.
        let deadline = Instant::now();
        let told = None;
        Some(Box::new(Self { deadline, told }))
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Tells the client, or closes it, when that is due.
    pub(super) fn keep_time(
        &mut self,
        session: &Session,
        config: &Config,
        events: &mut Events,
        now: Instant,
    ) {
        let ends = session
            .identity()
            .and_then(|identity| identity.token_ends());
        let Some(ends) = ends.filter(|_| self.deadline <= now) else {
            return;
        };
        let last = ends + config.auth_grace.unwrap_or_default();
        if last <= now {
            let reason = "the token ran out and was not renewed";
            session.end(Close::new(code::TOKEN_EXPIRED, reason, Initiator::Server));
            self.deadline = now + A_WHILE;
            return;
        }
        self.deadline = last;
        let Some((ahead, _)) = &session.table().expiring else {
            return;
        };
        if self.told == Some(ends) {
            return;
        }
        if ends.duration_since(now) <= *ahead {
            self.told = Some(ends);
            events.expiring(ends.duration_since(now));
        } else {
            self.deadline = ends - *ahead;
        }
    }
}

/// The connection is closing; nothing is due any more.
const A_WHILE: Duration = Duration::from_secs(60 * 60);
