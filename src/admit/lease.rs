//! How long a client's token lets it stay (`exp`, RFC 7519, 4.1.4).

use std::time::Duration;
use tokio::time::Instant;

/// The end of a client's token, and what is due before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    ends: Instant,
    /// When to look next.
    deadline: Instant,
    /// The end that the client was told of.
    told: Option<Instant>,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// The client may be told that its token runs out soon.
    Telling,
    /// The token ran out, and the grace is over.
    Leaving,
}

impl Lease {
    pub(super) fn new(now: Instant, ends: Instant) -> Self {
        Self {
            ends,
            // The first look finds out when the next is due.
            deadline: now,
            told: None,
        }
    }

    pub(super) fn renew(&mut self, now: Instant, ends: Instant) {
        // What is due may be so earlier now.
        (self.ends, self.deadline) = (ends, now);
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What is due now, for a client that is told `ahead` of the end and has a `grace` behind it.
    pub(super) fn look(&mut self, now: Instant, ahead: Option<Duration>, grace: Duration) -> Due {
        if self.deadline > now {
            return Due::Nothing;
        }
        let last = self.ends + grace;
        if last <= now {
            // The connection is closing; nothing else is due.
            self.deadline = now + A_WHILE;
            return Due::Leaving;
        }
        self.deadline = last;
        let Some(ahead) = ahead.filter(|_| self.told != Some(self.ends)) else {
            return Due::Nothing;
        };
        if self.left(now) > ahead {
            self.deadline = self.ends - ahead;
            return Due::Nothing;
        }
        self.told = Some(self.ends);
        Due::Telling
    }

    /// How long the token is still good for.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.ends.saturating_duration_since(now)
    }
}

const A_WHILE: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_client_is_told_once_ahead_and_leaves_after_the_grace() {
        let start = Instant::now();
        let mut lease = Lease::new(start, start + 100 * SECOND);
        let mut look = |second: u32| {
            let due = lease.look(start + second * SECOND, Some(30 * SECOND), 10 * SECOND);
            (due, (lease.deadline() - start).as_secs())
        };
        assert_eq!(look(0), (Due::Nothing, 70));
        assert_eq!(look(69), (Due::Nothing, 70));
        assert_eq!(look(70), (Due::Telling, 110));
        assert_eq!(look(109), (Due::Nothing, 110));
        assert_eq!(look(110).0, Due::Leaving);
        assert_eq!(look(111).0, Due::Nothing);
    }

    #[test]
    fn a_renewed_lease_begins_anew() {
        let start = Instant::now();
        let mut lease = Lease::new(start, start + 100 * SECOND);
        let look = |lease: &mut Lease, second: u32| {
            lease.look(start + second * SECOND, Some(30 * SECOND), 10 * SECOND)
        };
        assert_eq!(look(&mut lease, 0), Due::Nothing);
        assert_eq!(look(&mut lease, 70), Due::Telling);
        lease.renew(start + 80 * SECOND, start + 200 * SECOND);
        assert_eq!(look(&mut lease, 110), Due::Nothing);
        assert_eq!(lease.deadline(), start + 170 * SECOND);
        assert_eq!(look(&mut lease, 170), Due::Telling);
        assert_eq!(look(&mut lease, 210), Due::Leaving);

        let mut lease = Lease::new(start, start + 1000 * SECOND);
        assert_eq!(look(&mut lease, 0), Due::Nothing);
        lease.renew(start + 10 * SECOND, start + 30 * SECOND);
        let due = look(&mut lease, 10);
        assert_eq!(due, Due::Telling, "an earlier end counts too");
        assert_eq!(lease.left(start + 10 * SECOND), 20 * SECOND);
        assert_eq!(lease.left(start + 40 * SECOND), Duration::ZERO);
    }

    #[test]
    fn what_is_over_already_leaves_at_once() {
        let start = Instant::now();
        let mut lease = Lease::new(start, start);
        assert_eq!(
            lease.look(start, Some(SECOND), Duration::ZERO),
            Due::Leaving
        );
        let mut lease = Lease::new(start, start + 5 * SECOND);
        let due = lease.look(start, Some(30 * SECOND), Duration::ZERO);
        assert_eq!(due, Due::Telling);
        let mut lease = Lease::new(start, start + 5 * SECOND);
        assert_eq!(lease.look(start, None, SECOND), Due::Nothing);
        assert_eq!(lease.deadline(), start + 6 * SECOND);
    }
}
