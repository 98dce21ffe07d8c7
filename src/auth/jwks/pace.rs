//! How often an issuer is asked.

use std::time::Duration;

/// How often an issuer is asked for its keys, and how long each time.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// How long an answer counts that does not say it itself.
    pub(super) usual: Duration,
    /// Bounds of what an answer may say: an issuer neither drowns in questions nor keeps
    /// a key in use that it has long withdrawn.
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
    /// Between two requests because of unknown names: anybody can make up names.
    pub(super) between_unknown: Duration,
    /// How long to wait after the first failure; after each further one twice as long.
    pub(super) first_retry: Duration,
    pub(super) longest_retry: Duration,
    /// How long a request may take in all. Clients whose key is unknown wait for it.
    pub(super) timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            usual: Duration::from_secs(5 * 60),
            shortest: Duration::from_secs(60),
            longest: Duration::from_secs(24 * 60 * 60),
            between_unknown: Duration::from_secs(30),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(60),
            timeout: Duration::from_secs(5),
        }
    }
}

impl Pace {
    /// How long to wait after an answer.
    pub(super) fn after(&self, max_age: Option<Duration>) -> Duration {
        max_age.map_or(self.usual, |age| age.clamp(self.shortest, self.longest))
    }

    /// How long to wait after so many failures in a row.
    pub(super) fn after_failures(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let retry = self.first_retry.saturating_mul(doubled);
        retry.min(self.longest_retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_from_a_minute_to_a_day() {
        let pace = Pace::default();
        for (max_age, expected) in [
            (None, 300),
            (Some(0), 60),
            (Some(59), 60),
            (Some(600), 600),
            (Some(86_400), 86_400),
            (Some(u64::MAX), 86_400),
        ] {
            let max_age = max_age.map(Duration::from_secs);
            assert_eq!(pace.after(max_age).as_secs(), expected, "{max_age:?}");
        }
    }

    #[test]
    fn failures_are_repeated_ever_more_slowly() {
        let waits = [1, 2, 3, 6, 7, 8, 100, u32::MAX].map(|failures| {
            let wait = Pace::default().after_failures(failures);
            wait.as_secs()
        });
        assert_eq!(waits, [1, 2, 4, 32, 60, 60, 60, 60]);
    }
}
