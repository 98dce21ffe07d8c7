//! A route as the server keeps it, whatever its data was.

use super::handler::{Fallback, Handler, OnBinary, OnConnect, OnDisconnect, OnDrain};
use super::limits::{Limits, OwnLimits};
use crate::admit::Admission;
use crate::codec::Codec;
use crate::compression::{Compression, MAX_WINDOW_BITS};
use crate::config::Config;
use crate::event::{LIFECYCLE, MAX_NAME_BYTES, MESSAGE, OWN_PREFIX};
use crate::hub::Terms;
use crate::proto::extension::Grant;
use crate::slow::SlowConsumer;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::time::Instant;

/// A path, its handlers, and who may come in.
pub(crate) struct Table {
    pub(crate) path: String,
    pub(crate) admission: Admission,
    pub(crate) is_public: bool,
    pub(crate) codec: Codec,
    pub(super) connect: Option<OnConnect>,
    pub(super) disconnect: Option<OnDisconnect>,
    pub(super) drain: Option<OnDrain>,
    /// Sorted by their names: a route has few events, so that looking among them costs less
    /// than hashing what a peer wrote.
    events: Vec<(Box<str>, Handler)>,
    pub(super) binary: Option<OnBinary>,
    pub(super) fallback: Option<Fallback>,
    pub(super) refuses_unknown_events: bool,
    pub(super) slow_consumer: SlowConsumer,
    pub(super) compression: Option<Compression>,
    pub(super) own_limits: OwnLimits,
    /// As the defaults are, until the start has settled them.
    limits: Limits,
    /// What a builder could not refuse at once; the start does.
    problems: Vec<String>,
}

impl Table {
    pub(super) fn new(path: &str) -> Self {
        let mut problems = Vec::new();
        if !path.starts_with('/')
            || path.contains(|c: char| c.is_whitespace() || "?#{}*".contains(c))
        {
            problems.push(format!("`{path}` is not a path (example: /ws/chat)"));
        }
        Self {
            path: path.to_owned(),
            admission: Admission::open(),
            is_public: false,
            codec: Codec::default(),
            connect: None,
            disconnect: None,
            drain: None,
            events: Vec::new(),
            binary: None,
            fallback: None,
            refuses_unknown_events: false,
            slow_consumer: SlowConsumer::default(),
            compression: None,
            limits: OwnLimits::default().beside(&Config::default(), Instant::now()),
            own_limits: OwnLimits::default(),
            problems,
        }
    }

    pub(super) fn insert(&mut self, event: &str, handler: Handler) {
        let path = &self.path;
        if let Some(problem) = problem_with(event) {
            self.problems.push(format!("{path}: {problem}"));
        }
        match self.place_of(event) {
            Ok(_) => (self.problems).push(format!("{path}: `{event}` has two handlers; keep one")),
            Err(place) => self.events.insert(place, (event.into(), handler)),
        }
    }

    /// The handler of an event, and its place among the route's events.
    pub(super) fn event(&self, name: &str) -> Option<(usize, &Handler)> {
        let place = self.place_of(name).ok()?;
        Some((place, &self.events[place].1))
    }

    /// The name of the event at this place.
    pub(super) fn event_name(&self, place: usize) -> &str {
        &self.events[place].0
    }

    fn place_of(&self, event: &str) -> Result<usize, usize> {
        self.events
            .binary_search_by(|(name, _)| (**name).cmp(event))
    }

    /// Settles what its clients may do, now that the app's settings are known.
    pub(crate) fn settle(&mut self, config: &Config, now: Instant) {
        self.limits = self.own_limits.beside(config, now);
    }

    /// What each of its clients may do.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether a client must bring a token.
    pub(crate) fn needs_token(&self, config: &Config) -> bool {
        self.admission.needs_token() || (config.auth_required && !self.is_public)
    }

    /// What may wait for each of its clients.
    pub(crate) fn terms(&self, config: &Config, dropped: &Arc<AtomicU64>) -> Terms {
        Terms {
            limit_bytes: config.backpressure_limit_bytes,
            slow_consumer: self.slow_consumer,
            codec: self.codec,
            dropped: Arc::clone(dropped),
        }
    }

    /// The handler of an event that nobody else handles.
    pub(super) fn fallback_for(&self, event: &str) -> Option<&Fallback> {
        (self.fallback.as_ref()).filter(|_| !event.starts_with(OWN_PREFIX))
    }

    /// Whether a client may send binary messages.
    pub(crate) fn takes_binary(&self) -> bool {
        self.binary.is_some()
    }

    /// What it agrees to when a client offers compression; `None` where nothing is compressed.
    pub(crate) fn grant(&self, config: &Config) -> Option<Grant> {
        let compression = match self.compression {
            Some(compression) => compression,
            None if config.compression => Compression::on(),
            None => Compression::off(),
        };
        compression.is_on.then(|| Grant {
            context_takeover: compression.context_takeover,
            window_bits: compression.window_bits.unwrap_or(MAX_WINDOW_BITS),
        })
    }

    /// Messages of fewer bytes are not compressed.
    pub(crate) fn compression_threshold_bytes(&self, config: &Config) -> usize {
        let own = self.compression.and_then(|own| own.threshold_bytes);
        own.unwrap_or(config.compression_threshold_bytes)
    }

    /// Why no app can start with it.
    pub(crate) fn problem(&self) -> Option<String> {
        let path = &self.path;
        let unreachable = || {
            let event = (self.event_names().into_iter())
                .find(|event| self.codec == Codec::Raw && *event != MESSAGE)?;
            Some(format!(
                "{path}: nothing reaches `{event}`, because every text of a raw route goes to `{MESSAGE}`; \
                 use `.on(\"{MESSAGE}\", ..)`, or leave `.codec(..)` out"
            ))
        };
        let compression = || {
            let problem = self.compression?.problem_beside(self.slow_consumer)?;
            Some(format!("{path}: {problem}"))
        };
        let limits = || {
            let problem = self.own_limits.problem()?;
            Some(format!("{path}: {problem}"))
        };
        (self.problems.first().cloned())
            .or_else(unreachable)
            .or_else(compression)
            .or_else(limits)
    }

    /// The events it handles, sorted.
    pub(crate) fn event_names(&self) -> Vec<&str> {
        self.events.iter().map(|(name, _)| &**name).collect()
    }
}

/// Why an event cannot be registered under this name.
pub(crate) fn problem_with(event: &str) -> Option<String> {
    if LIFECYCLE.contains(&event) {
        let cure = match event {
            "connect" | "open" => "use `.connect(..)`",
            "disconnect" | "close" => "use `.disconnect(..)`",
            "drain" => "use `.drain(..)`",
            _ => "choose another name",
        };
        Some(format!(
            "`{event}` is a moment of a connection's life, not an event; {cure}"
        ))
    } else if event.starts_with(OWN_PREFIX) {
        Some(format!(
            "`{event}`: names that begin with `{OWN_PREFIX}` are reserved; choose another name"
        ))
    } else if event.is_empty() || event.len() > MAX_NAME_BYTES {
        Some(format!(
            "`{event}`: an event's name has 1 to {MAX_NAME_BYTES} bytes"
        ))
    } else {
        None
    }
}
