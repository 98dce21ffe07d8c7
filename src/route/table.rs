//! A route as the server keeps it, whatever its data was.

use super::guard::{self, Guard};
use super::handler::{Fallback, Handler, OnBinary, OnConnect, OnDisconnect, OnDrain, OnExpiring};
use super::limits::{Limits, OwnLimits};
use crate::admit::{Admission, Gate, Middleware};
use crate::codec::{Custom, Speech, Spoken};
use crate::compression::{Compression, MAX_WINDOW_BITS};
use crate::config::Config;
use crate::event::{LIFECYCLE, MAX_NAME_BYTES, MESSAGE, OWN_PREFIX};
use crate::hub::Terms;
use crate::profile::Profile;
use crate::proto::extension::Grant;
use crate::reject::Reject;
use crate::slow::SlowConsumer;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::time::Instant;

/// A path, its handlers, and who may come in.
pub(crate) struct Table {
    pub(crate) path: String,
    pub(crate) admission: Admission,
    pub(crate) is_public: bool,
    pub(super) connect: Option<OnConnect>,
    pub(super) disconnect: Option<OnDisconnect>,
    pub(super) drain: Option<OnDrain>,
    /// How long before a token runs out, and what then.
    pub(crate) expiring: Option<(Duration, OnExpiring)>,
    pub(super) gates: Vec<Gate>,
    pub(super) guards: Vec<(Box<str>, Guard)>,
    pub(crate) profile: Profile,
    pub(super) reject: Option<Reject>,
    pub(super) csrf: Option<bool>,
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
    /// What its clients speak, if the route says so itself.
    pub(super) speech: Option<Speech>,
    /// The number of its codec among the app's own, once the start has settled it.
    custom: u8,
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
            admission: Admission::Open,
            is_public: false,
            connect: None,
            disconnect: None,
            drain: None,
            expiring: None,
            gates: Vec::new(),
            guards: Vec::new(),
            profile: Profile::default(),
            reject: None,
            csrf: None,
            events: Vec::new(),
            binary: None,
            fallback: None,
            refuses_unknown_events: false,
            slow_consumer: SlowConsumer::default(),
            compression: None,
            limits: OwnLimits::default().beside(
                &Config::default(),
                Profile::default(),
                Instant::now(),
            ),
            own_limits: OwnLimits::default(),
            problems,
            speech: None,
            custom: 0,
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

    /// Puts the guards in front of their events' handlers.
    pub(super) fn post_guards(&mut self) {
        for (event, guard) in std::mem::take(&mut self.guards).into_iter().rev() {
            match self.place_of(&event) {
                Ok(place) => {
                    let (_, handler) = &mut self.events[place];
                    *handler = guard::in_front_of(Arc::clone(handler), guard);
                }
                Err(_) => self.problems.push(format!(
                    "{}: a guard for `{event}`, which no handler of this route handles; \
                     known events: {}",
                    self.path,
                    self.event_names().join(", ")
                )),
            }
        }
    }

    /// What requests pass before they are admitted, in order.
    ///
    /// # Errors
    ///
    /// A name that nobody has.
    pub(crate) fn gates(
        &self,
        named: &HashMap<String, Middleware>,
    ) -> Result<Vec<Middleware>, String> {
        let gate = |gate: &Gate| match gate {
            Gate::Inline(middleware) => Ok(Arc::clone(middleware)),
            Gate::Named(name) => (named.get(name).cloned()).ok_or_else(|| {
                let mut known: Vec<_> = named.keys().map(String::as_str).collect();
                known.sort_unstable();
                let known = match known.as_slice() {
                    [] => "there are none; use `Routes::middleware`".to_owned(),
                    known => format!("there are: {}", known.join(", ")),
                };
                format!("{}: no middleware is called `{name}`; {known}", self.path)
            }),
        };
        self.gates.iter().map(gate).collect()
    }

    /// The close code for who brings no valid token.
    pub(crate) fn unauthorized(&self, config: &Config) -> u16 {
        self.profile.unauthorized(config.close_unauthorized)
    }

    /// Whether a CSRF token is asked for, where a cookie is all that tells who it is or not.
    pub(crate) fn asks_for_csrf(&self, is_known_by_cookie: bool) -> bool {
        self.csrf
            .unwrap_or(is_known_by_cookie || self.profile.asks_for_csrf())
    }

    /// How those that are not let in are told so.
    pub(crate) fn reject(&self, config: &Config) -> Reject {
        self.reject.unwrap_or(config.reject)
    }

    /// Whether everybody may come in, whoever he is.
    pub(crate) fn is_open(&self, config: &Config) -> bool {
        matches!(self.admission, Admission::Open) && !self.needs_token(config)
    }

    /// Whether a token that is brought matters.
    pub(crate) fn reads_token(&self, config: &Config) -> bool {
        self.admission.reads_token() || self.needs_token(config)
    }

    /// Settles what its clients may do, now that the app's settings are known.
    pub(crate) fn settle(&mut self, config: &Config, now: Instant) {
        self.limits = self.own_limits.beside(config, self.profile, now);
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
            codec: self.codec(),
            max_rooms: self.own_limits.max_rooms,
            dropped: Arc::clone(dropped),
        }
    }

    /// The handler of an event that nobody else handles.
    pub(super) fn fallback_for(&self, event: &str) -> Option<&Fallback> {
        (self.fallback.as_ref()).filter(|_| !event.starts_with(OWN_PREFIX))
    }

    /// Whether a client may send binary messages.
    pub(crate) fn takes_binary(&self) -> bool {
        self.has_binary_handler() || matches!(self.speech, Some(Speech::Own(_)))
    }

    pub(super) fn has_binary_handler(&self) -> bool {
        self.binary.is_some()
    }

    /// What its clients speak: the route's own word, or else its profile's.
    pub(super) fn codec(&self) -> Spoken {
        match &self.speech {
            None => self.profile.codec(),
            Some(Speech::BuiltIn(kind)) => *kind,
            Some(Speech::Own(_)) => Spoken::Custom(self.custom),
        }
    }

    /// What that is called.
    pub(super) fn codec_name(&self) -> &'static str {
        match (&self.speech, self.codec()) {
            (Some(Speech::Own(custom)), _) => custom.name(),
            (_, Spoken::Typed) => "typed",
            (_, Spoken::Auto) => "auto",
            (_, Spoken::Raw) => "raw",
            (_, Spoken::Envelope | Spoken::Custom(_)) => "envelope",
        }
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
                .find(|event| !self.codec().names_events() && *event != MESSAGE)?;
            let codec = self.codec_name();
            let way_out = match self.speech {
                Some(_) => "leave `.codec(..)` out",
                None => "add `.codec(codec::Envelope)`",
            };
            Some(format!(
                "{path}: nothing reaches `{event}`, because every text of a route that speaks \
                 `{codec}` goes to `{MESSAGE}`; use `.on(\"{MESSAGE}\", ..)`, or {way_out}"
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

/// The app's own codecs, which from here on have numbers.
///
/// # Errors
///
/// There are more than there are numbers.
pub(crate) fn number_customs(tables: &mut [Table]) -> Result<Vec<Custom>, String> {
    let mut customs: Vec<Custom> = Vec::new();
    for table in tables {
        let Some(Speech::Own(custom)) = &table.speech else {
            continue;
        };
        let known = customs.iter().position(|known| known.is_same_as(custom));
        let number = known.unwrap_or(customs.len());
        table.custom = u8::try_from(number).map_err(|_| {
            format!(
                "{}: `{}` is one codec more than the 256 that an app may have; \
                 one without fields counts once, on however many routes",
                table.path,
                custom.name()
            )
        })?;
        if known.is_none() {
            customs.push(custom.clone());
        }
    }
    Ok(customs)
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
