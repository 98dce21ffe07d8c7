//! How many messages a client may send.

mod bucket;
mod meter;
mod users;

pub(crate) use bucket::{Bucket, Rate, Sent, SharedBucket};
pub(crate) use meter::{Meter, Verdict};
pub(crate) use users::UserBuckets;

/// How many messages a client may send a second, and how many at once.
///
/// Said per route with [`Route::rate_limit`](crate::Route::rate_limit), for all routes with
/// `WS_RATE_LIMIT`. Default: 100 a second, 200 at once.
///
/// A bucket holds `burst` messages and refills evenly, `per_second` of them each second.
/// Each text or binary message takes one when it is read, however many frames it comes in;
/// while the server does not read, because its events wait, the bucket refills beyond `burst`.
/// The connections of one user share a bucket of the same size beside their own.
/// Pings and pongs are counted by themselves ([`Route::control_rate_limit`](crate::Route::control_rate_limit)),
/// fragments not at all.
///
/// A message that finds the bucket empty is not handled. The first one is answered, with its
/// `id` if it has one, and with the milliseconds after which the next one fits:
///
/// ```json
/// {"event":"error","payload":{"message":"Too many messages","code":"rate_limited","retry_after":10},"id":7}
/// ```
///
/// No other is answered until the bucket is full again. If as many as one whole burst are
/// refused before that, the client is closed with 4429.
///
/// ```
/// use orcs::prelude::*;
///
/// let cursors = ws("/ws/cursors").rate_limit(RateLimit::per_second(60).burst(300));
/// let import = ws("/ws/import").rate_limit(RateLimit::off());
/// # let _ = (cursors, import);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RateLimit {
    pub(crate) per_second: u32,
    pub(crate) burst: u32,
}

impl RateLimit {
    /// So many messages a second, and twice as many at once; 0 is [`off`](Self::off).
    pub const fn per_second(messages: u32) -> Self {
        Self {
            per_second: messages,
            burst: messages.saturating_mul(2),
        }
    }

    /// So many messages at once, at least 1; the start refuses 0. Default: twice as many as a second.
    pub const fn burst(mut self, messages: u32) -> Self {
        self.burst = messages;
        self
    }

    /// No limit, whatever `WS_RATE_LIMIT` says.
    pub const fn off() -> Self {
        Self::per_second(0)
    }

    /// The limit as buckets count it; `None` if there is none.
    pub(crate) fn rate(self) -> Option<Rate> {
        (self.per_second > 0).then(|| Rate::new(self.per_second, self.burst))
    }

    /// Why nothing can start with it.
    pub(crate) fn problem(self) -> Option<&'static str> {
        (self.per_second > 0 && self.burst == 0).then_some(
            "`.burst(0)` would refuse every message; leave it out, or use `RateLimit::off()`",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// What the tests of buckets count their milliseconds from.
    pub(super) const START: Duration = Duration::from_secs(1000);

    pub(super) fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    pub(super) fn at(milliseconds: u64) -> Sent {
        Sent::at(START + ms(milliseconds))
    }

    #[test]
    fn a_burst_is_twice_the_rate_unless_somebody_says_otherwise() {
        assert_eq!(RateLimit::per_second(100).burst, 200);
        assert_eq!(RateLimit::per_second(100).burst(5).burst, 5);
        assert_eq!(RateLimit::per_second(u32::MAX).burst, u32::MAX);
    }

    #[test]
    fn zero_is_off_and_no_burst_at_all_is_a_mistake() {
        assert_eq!(RateLimit::per_second(0), RateLimit::off());
        assert_eq!(RateLimit::off().rate(), None);
        assert_eq!(RateLimit::off().problem(), None);
        assert!(RateLimit::per_second(1).burst(0).problem().is_some());
    }
}
