//! What a route lets each of its clients do: its own word, or else the app's settings.

mod unusual;

use super::Route;
use crate::config::{Config, LEAST_HEARTBEAT};
use crate::profile::Profile;
use crate::rate_limit::{Rate, RateLimit, SharedBucket, UserBuckets};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What each client of a route may do, settled at the start.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) messages: Option<Rate>,
    /// What the connections of each user may send together.
    users: UserBuckets,
    /// How a client is closed that goes on sending too many.
    pub(crate) too_many_code: u16,
    /// How a client is closed that brings no valid token.
    pub(crate) unauthorized_code: u16,
    /// How a client is closed that is silent or inactive.
    pub(crate) silent_code: u16,
    /// Pings and pongs.
    pub(crate) control: Option<Rate>,
    /// Messages in a row that the route's codec cannot read; 0 for any number.
    pub(crate) max_bad_frames: u32,
    /// The longest message, its fragments summed, inflated.
    pub(crate) max_payload_bytes: usize,
    pub(crate) message_timeout: Option<Duration>,
    pub(crate) write_timeout: Option<Duration>,
    pub(crate) handler_timeout: Option<Duration>,
    pub(crate) auth_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) inactivity_timeout: Option<Duration>,
    pub(crate) heartbeat: Option<Heartbeat>,
    /// What buckets count their time from.
    pub(crate) began: Instant,
}

/// How often a client is pinged, and how often it may say nothing at all between two pings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    pub(crate) interval: Duration,
    pub(crate) misses: u32,
}

impl Limits {
    /// What all connections of a user may send together; `None` if nobody limits it.
    pub(crate) fn bucket_of(&self, user: &Arc<str>) -> Option<Arc<SharedBucket>> {
        let rate = self.messages?;
        Some(self.users.of(user, rate))
    }
}

/// What a route says itself. What it leaves open, the settings say.
#[derive(Debug, Default)]
pub(super) struct OwnLimits {
    messages: Option<RateLimit>,
    control: Option<RateLimit>,
    max_bad_frames: Option<u32>,
    max_payload_bytes: Option<usize>,
    message_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    handler_timeout: Option<Duration>,
    auth_timeout: Option<Duration>,
    pub(super) max_rooms: Option<u32>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) inactivity_timeout: Option<Duration>,
    pub(super) heartbeat_interval: Option<Duration>,
    pub(super) heartbeat_misses: Option<u32>,
}

impl OwnLimits {
    pub(super) fn beside(&self, config: &Config, profile: Profile, now: Instant) -> Limits {
        Limits {
            messages: self.messages.unwrap_or(config.rate_limit).rate(),
            users: UserBuckets::default(),
            too_many_code: profile.too_many_messages(),
            unauthorized_code: profile.unauthorized(config.close_unauthorized),
            silent_code: config.close_silent,
            control: self.control.unwrap_or(config.control_rate_limit).rate(),
            max_bad_frames: self.max_bad_frames.unwrap_or(config.max_bad_frames),
            max_payload_bytes: self.max_payload_bytes(config),
            message_timeout: timeout(self.message_timeout, config.message_timeout),
            write_timeout: timeout(self.write_timeout, config.write_timeout),
            handler_timeout: timeout(self.handler_timeout, config.handler_timeout),
            auth_timeout: timeout(self.auth_timeout, config.auth_timeout),
            idle_timeout: timeout(self.idle_timeout, config.idle_timeout),
            inactivity_timeout: timeout(self.inactivity_timeout, config.inactivity_timeout),
            heartbeat: self.heartbeat(config).map(|interval| Heartbeat {
                interval,
                misses: self.heartbeat_misses.unwrap_or(config.heartbeat_misses),
            }),
            began: now,
        }
    }

    pub(super) fn max_payload_bytes(&self, config: &Config) -> usize {
        self.max_payload_bytes.unwrap_or(config.max_payload_bytes)
    }

    fn heartbeat(&self, config: &Config) -> Option<Duration> {
        timeout(self.heartbeat_interval, config.heartbeat_interval)
    }

    /// Why no app can start with them.
    pub(super) fn problem(&self) -> Option<String> {
        let rates = [self.messages, self.control];
        let timeouts = [
            ("message_timeout", self.message_timeout),
            ("write_timeout", self.write_timeout),
            ("handler_timeout", self.handler_timeout),
            ("auth_timeout", self.auth_timeout),
            ("idle_timeout", self.idle_timeout),
            ("inactivity_timeout", self.inactivity_timeout),
            ("heartbeat", self.heartbeat_interval),
        ];
        let rate = || rates.into_iter().flatten().find_map(RateLimit::problem);
        let timeout = || {
            // `now + timeout` must stay inside what a clock can hold.
            let is_long = |own: Option<Duration>| own.is_some_and(|own| own > YEAR);
            let (name, _) = timeouts.into_iter().find(|(_, own)| is_long(*own))?;
            Some(format!(
                "`.{name}(..)` is more than a year; `Duration::ZERO` turns it off"
            ))
        };
        let rooms = || {
            (self.max_rooms == Some(0))
                .then(|| "`.max_rooms(0)` would refuse every join; leave it out".to_owned())
        };
        let payload = || {
            (self.max_payload_bytes == Some(0))
                .then(|| "`.max_payload(0)` would refuse every message; leave it out".to_owned())
        };
        let heartbeat = || match (self.heartbeat_interval, self.heartbeat_misses) {
            (Some(interval), _) if !interval.is_zero() && interval < LEAST_HEARTBEAT => {
                Some(format!(
                    "`.heartbeat({interval:?})` is less than 100ms, and the pongs would be a flood; \
                     `Duration::ZERO` turns it off"
                ))
            }
            (_, Some(0)) => Some(
                "`.heartbeat_misses(0)` would close everybody at the first heartbeat; leave it out"
                    .to_owned(),
            ),
            _ => None,
        };
        rate()
            .map(str::to_owned)
            .or_else(timeout)
            .or_else(rooms)
            .or_else(payload)
            .or_else(heartbeat)
    }

    /// Why no app can start with them beside its settings.
    pub(super) fn problem_beside(&self, config: &Config) -> Option<String> {
        (self.problem_with_payload(config)).or_else(|| self.problem_with_heartbeat(config))
    }

    /// What all connections may hold must hold one message.
    fn problem_with_payload(&self, config: &Config) -> Option<String> {
        let (own, all) = (self.max_payload_bytes?, config.max_inbound_bytes);
        (own > all).then(|| {
            format!(
                "`.max_payload({own})` does not fit into WS_MAX_INBOUND_BYTES, `{all}` bytes for \
                 all connections; lower the first or raise the second"
            )
        })
    }

    /// Who answers each ping must not be closed for it.
    fn problem_with_heartbeat(&self, config: &Config) -> Option<String> {
        let Some(interval) = self.heartbeat(config) else {
            let misses = self.heartbeat_misses?;
            return Some(format!(
                "`.heartbeat_misses({misses})` counts nothing, because there is no heartbeat; \
                 add `.heartbeat(..)`, or set WS_HEARTBEAT_INTERVAL"
            ));
        };
        let control = self.control.unwrap_or(config.control_rate_limit);
        let is_too_much = || interval.saturating_mul(control.per_second) < A_SECOND;
        (control.rate().is_some() && is_too_much()).then(|| {
            let heartbeat = match self.heartbeat_interval {
                Some(_) => format!("`.heartbeat({interval:?})`"),
                None => format!("WS_HEARTBEAT_INTERVAL ({interval:?})"),
            };
            let limit = match self.control {
                Some(_) => "`.control_rate_limit(..)`",
                None => "WS_CONTROL_RATE_LIMIT",
            };
            format!(
                "{heartbeat} asks for more pongs than the {} a second that {limit} lets a client \
                 send, and would close who answers; make the first longer or raise the second",
                control.per_second
            )
        })
    }
}

/// A route's own word, where zero is off, or else the app's.
fn timeout(own: Option<Duration>, general: Option<Duration>) -> Option<Duration> {
    own.or(general).filter(|timeout| !timeout.is_zero())
}

impl<D: Send + Sync + 'static> Route<D> {
    /// How many messages each client may send, and how many at once. Default:
    /// `WS_RATE_LIMIT`, 100 a second and 200 at once.
    ///
    /// [`RateLimit`] says what becomes of those over it.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/ws/chat").rate_limit(RateLimit::per_second(5).burst(20));
    /// # let _ = chat;
    /// ```
    #[doc(alias = "rateLimit")]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.table.own_limits.messages = Some(limit);
        self
    }

    /// How many pings and pongs each client may send, and how many at once; with one more it
    /// is closed with 1008. Default: `WS_CONTROL_RATE_LIMIT`, 100 a second and 200 at once.
    pub fn control_rate_limit(mut self, limit: RateLimit) -> Self {
        self.table.own_limits.control = Some(limit);
        self
    }

    /// How many messages in a row may be such that the route's codec cannot read them; each is
    /// answered with `bad_frame`, and the last of them closes the client with 1008. Default:
    /// `WS_MAX_BAD_FRAMES`, 20; 0 turns it off.
    pub fn max_bad_frames(mut self, messages: u32) -> Self {
        self.table.own_limits.max_bad_frames = Some(messages);
        self
    }

    /// How many bytes a message may have, its fragments summed, and inflated if it came
    /// compressed; a longer one closes its client with 1009 as soon as its length is announced.
    /// Default: `WS_MAX_PAYLOAD_LENGTH`, 16 MiB, which it may be below or above. At least 1, and
    /// at most `WS_MAX_INBOUND_BYTES`: memory must stay bounded.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/ws/chat").max_payload(16 << 10);
    /// let images = ws("/ws/images").max_payload(64 << 20);
    /// # let _ = (chat, images);
    /// ```
    ///
    /// Source: CandyPack `maxPayload`.
    #[doc(alias = "maxPayload")]
    #[doc(alias = "maxMessageSize")]
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.table.own_limits.max_payload_bytes = Some(bytes);
        self
    }

    /// How long a message may take from its first byte to its last; a longer one closes its
    /// client with 1008. Default: `WS_MESSAGE_TIMEOUT`, 30 s; zero turns it off.
    ///
    /// It bounds how slow an upload may be: 16 MiB in 30 s are 560 KB a second.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.message_timeout = Some(timeout);
        self
    }

    /// How long a handler may run: an event is then answered with the code `timeout`, a
    /// `connect` closes with 1011. Default: `WS_HANDLER_TIMEOUT`, 30 s; zero turns it off.
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.handler_timeout = Some(timeout);
        self
    }

    /// How long a client may take to be admitted; then it is closed with 4408. Default:
    /// `WS_AUTH_TIMEOUT`, 10 s; zero turns it off.
    pub fn auth_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.auth_timeout = Some(timeout);
        self
    }

    /// How many rooms each client may be in; one more is refused with `too_many_rooms`.
    /// Default: `WS_MAX_ROOMS_PER_CLIENT`, 128. At least 1: memory must stay bounded.
    pub fn max_rooms(mut self, rooms: u32) -> Self {
        self.table.own_limits.max_rooms = Some(rooms);
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

const A_SECOND: Duration = Duration::from_secs(1);

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routes_own_word_counts_and_zero_is_off() {
        let config = Config::default();
        let general = OwnLimits::default().beside(&config, Profile::Orcs, Instant::now());
        assert_eq!(general.messages, RateLimit::per_second(100).rate());
        assert_eq!(general.message_timeout, Some(Duration::from_secs(30)));
        let own = OwnLimits {
            messages: Some(RateLimit::off()),
            max_bad_frames: Some(0),
            message_timeout: Some(Duration::ZERO),
            write_timeout: Some(Duration::from_secs(60)),
            ..OwnLimits::default()
        };
        let own = own.beside(&config, Profile::Orcs, Instant::now());
        assert_eq!((own.messages, own.max_bad_frames), (None, 0));
        assert_eq!(own.control, RateLimit::per_second(100).rate());
        assert_eq!(own.message_timeout, None);
        assert_eq!(own.write_timeout, Some(Duration::from_secs(60)));
    }
}
