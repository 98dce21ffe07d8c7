//! What a route lets each of its clients do: its own word, or else the app's settings.

use super::Route;
use crate::config::Config;
use std::time::Duration;

/// What each client of a route may do, settled at the start.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) message_timeout: Option<Duration>,
    pub(crate) write_timeout: Option<Duration>,
}

/// What a route says itself. What it leaves open, the settings say.
#[derive(Debug, Default)]
pub(super) struct OwnLimits {
    message_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl OwnLimits {
    pub(super) fn beside(&self, config: &Config) -> Limits {
        let timeout = |own: Option<Duration>, general: Option<Duration>| match own {
            Some(own) => Some(own).filter(|own| !own.is_zero()),
            None => general,
        };
        Limits {
            message_timeout: timeout(self.message_timeout, config.message_timeout),
            write_timeout: timeout(self.write_timeout, config.write_timeout),
        }
    }

    /// Why no app can start with them.
    pub(super) fn problem(&self) -> Option<String> {
        let timeouts = [
            ("message_timeout", self.message_timeout),
            ("write_timeout", self.write_timeout),
        ];
        // `now + timeout` must stay inside what a clock can hold.
        let is_long = |own: Option<Duration>| own.is_some_and(|own| own > YEAR);
        let (name, _) = timeouts.into_iter().find(|(_, own)| is_long(*own))?;
        Some(format!(
            "`.{name}(..)` is more than a year; `Duration::ZERO` turns it off"
        ))
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// How long a message may take from its first byte to its last; a longer one closes its
    /// client with 1008. Default: `WS_MESSAGE_TIMEOUT`, 30 s; zero turns it off.
    ///
    /// It bounds how slow an upload may be: 16 MiB in 30 s are 560 KB a second.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.message_timeout = Some(timeout);
        self
    }

    /// How long a client's socket may take nothing while something waits for it; then it is
    /// cut with 1013. Default: `WS_WRITE_TIMEOUT`, 10 s; zero turns it off.
    ///
    /// Whatever [`slow_consumer`](Self::slow_consumer) says: that is about clients who read
    /// slowly, this about those who do not read at all.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.write_timeout = Some(timeout);
        self
    }
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routes_own_word_counts_and_zero_is_off() {
        let config = Config::default();
        let general = OwnLimits::default().beside(&config);
        assert_eq!(general.message_timeout, Some(Duration::from_secs(30)));
        let own = OwnLimits {
            message_timeout: Some(Duration::ZERO),
            write_timeout: Some(Duration::from_secs(60)),
        };
        let own = own.beside(&config);
        assert_eq!(own.message_timeout, None);
        assert_eq!(own.write_timeout, Some(Duration::from_secs(60)));
    }
}
