//! A route as the server keeps it, whatever its data was.

use super::Failed;
use super::development::Development;
use super::guard::{self, Guard};
use super::handler::{Fallback, Handler, Hook, OnConnect};
use super::kept::KeptHeaders;
use super::lasting::lasting;
use super::limits::{Limits, OwnLimits};
use super::needs::Need;
use super::rooms::RouteRooms;
use super::rule::Rule;
use super::rules::Rules;
use super::subprotocols::Subprotocols;
use crate::admit::{Admission, Gate, Middleware};
use crate::close::Close;
use crate::codec::{Custom, Speech, Spoken};
use crate::compression::{Compression, MAX_WINDOW_BITS};
use crate::config::Config;
use crate::event::{LIFECYCLE, MAX_NAME_BYTES, MESSAGE, OWN_PREFIX};
use crate::hub::{Customs, Missing, RouteNumber, Terms};
use crate::path::{OWN, Pattern, is_own};
use crate::profile::Profile;
use crate::proto::extension::Grant;
use crate::reject::Reject;
use crate::slow::{Missed, SlowConsumer};
use bytes::Bytes;
use http::HeaderName;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Tells what a payload looks like, as JSON.
pub(super) type TellShape = fn() -> String;

/// A path, its handlers, and who may come in.
pub(crate) struct Table {
    pub(crate) path: String,
    pub(crate) admission: Admission,
    pub(crate) is_public: bool,
    pub(super) connect: Option<OnConnect>,
    pub(super) disconnect: Option<Hook<Close>>,
    pub(super) drain: Option<Hook<Missed>>,
    /// How long before a token runs out, and what then.
    pub(crate) expiring: Option<(Duration, Hook<Duration>)>,
    pub(super) gates: Vec<Gate>,
    pub(super) guards: Vec<(Box<str>, Guard)>,
    pub(crate) profile: Profile,
    pub(super) reject: Option<Reject>,
    pub(super) csrf: Option<bool>,
    /// Sorted by their names: a route has few events, so that looking among them costs less
    /// than hashing what a peer wrote.
    events: Vec<(Box<str>, Handler)>,
    /// What each event's payload looks like, as JSON; asked only to describe the app.
    pub(super) payloads: Vec<(Box<str>, TellShape)>,
    pub(super) binary: Option<Hook<Bytes>>,
    pub(super) fallback: Option<Fallback>,
    pub(super) refuses_unknown_events: bool,
    pub(super) slow_consumer: SlowConsumer,
    pub(super) compression: Option<Compression>,
    pub(super) own_limits: OwnLimits,
    /// As the defaults are, until the start has settled them.
    limits: Limits,
    /// What a builder could not refuse at once; the start does.
    pub(super) problems: Vec<String>,
    /// Its place among the app's routes.
    pub(crate) number: RouteNumber,
    pub(super) route_rooms: RouteRooms,
    pub(crate) needs: Vec<Need>,
    pub(super) error: Option<Hook<Failed>>,
    pub(super) ping: Option<Hook<Bytes>>,
    pub(super) pong: Option<Hook<Bytes>>,
    pub(super) rules: Rules,
    /// The path, for the log: empty until the start has settled it.
    pub(crate) lasting_path: &'static str,
    /// None where the path is one of the problems.
    pub(crate) pattern: Option<Pattern>,
    pub(crate) subprotocols: Subprotocols,
    pub(super) kept_headers: KeptHeaders,
    pub(crate) development: Development,
    /// What its clients speak, if the route says so itself.
    pub(super) speech: Option<Speech>,
    /// The number of its codec among the app's own, once the start has settled it.
    custom: u8,
}

impl Table {
    pub(super) fn new(path: &str) -> Self {
        let mut problems = Vec::new();
        let pattern = Pattern::read(path);
        let pattern = pattern.map_err(|problem| problems.push(problem)).ok();
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
            payloads: Vec::new(),
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
            number: RouteNumber::default(),
            route_rooms: RouteRooms::default(),
            needs: Vec::new(),
            error: None,
            ping: None,
            pong: None,
            rules: Rules::default(),
            lasting_path: "",
            pattern,
            subprotocols: Subprotocols::default(),
            kept_headers: KeptHeaders::default(),
            development: Development::default(),
            speech: None,
            custom: 0,
        }
    }

    pub(super) fn insert(&mut self, event: &str, handler: Handler, payload: TellShape) {
        let path = &self.path;
        if let Some(problem) = problem_with(event) {
            self.problems.push(format!("{path}: {problem}"));
        }
        match self.place_of(event) {
            Ok(_) => (self.problems).push(format!("{path}: `{event}` has two handlers; keep one")),
            Err(place) => {
                self.events.insert(place, (event.into(), handler));
                self.payloads.push((event.into(), payload));
            }
        }
    }

    pub(super) fn add_rule(&mut self, event: &str, rule: Rule) {
        let problems = [problem_with(event), rule.problem.clone()];
        for problem in problems.into_iter().flatten() {
            self.problems.push(format!("{}: {problem}", self.path));
        }
        self.rules.add(event, rule);
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

    /// Puts the guards in front of their events' handlers; where there are rules, they stand in
    /// front of the choice among all who may handle it.
    pub(super) fn post_guards(&mut self) {
        for (event, guard) in self.guards.iter().rev() {
            if self.rules.know(event) {
                continue;
            }
            let guard = Arc::clone(guard);
            match self.place_of(event) {
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

    /// Whether the guards of this event stand in front of a choice, because it has rules.
    pub(super) fn guards_a_choice(&self, event: &str) -> bool {
        self.rules.know(event) && self.guards_of(event).next().is_some()
    }

    /// A handler that is not in the route's table, behind the guards of its event.
    pub(super) fn behind_guards(&self, event: &str, handler: Handler) -> Handler {
        guard::behind(self.guards_of(event), handler)
    }

    fn guards_of(&self, event: &str) -> impl DoubleEndedIterator<Item = &Guard> {
        let guards = self.guards.iter();
        guards.filter_map(move |(name, guard)| (**name == *event).then_some(guard))
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
        self.lasting_path = lasting(&self.path);
    }

    /// The moments, no events, at which something of its own runs.
    pub(super) fn hook_names(&self) -> Vec<&'static str> {
        let hooks = [
            ("connect", self.connect.is_some()),
            ("disconnect", self.disconnect.is_some()),
            ("drain", self.drain.is_some()),
            ("error", self.error.is_some()),
            ("expiring", self.expiring.is_some()),
            ("ping", self.ping.is_some()),
            ("pong", self.pong.is_some()),
        ];
        let hooks = hooks.into_iter();
        hooks
            .filter_map(|(name, is_there)| is_there.then_some(name))
            .collect()
    }

    /// What each of its clients may do.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether a client must bring a token.
    pub(crate) fn needs_token(&self, config: &Config) -> bool {
        self.admission.needs_token() || (config.auth_required && !self.is_public)
    }

    /// The longest message that a client may send.
    pub(super) fn max_payload_bytes(&self, config: &Config) -> usize {
        self.own_limits.max_payload_bytes(config)
    }

    /// What may wait for each of its clients.
    pub(crate) fn terms(&self, config: &Config, missing: &Arc<Missing>) -> Terms {
        Terms {
            limit_bytes: config.backpressure_limit_bytes,
            slow_consumer: self.slow_consumer,
            codec: self.codec(),
            max_rooms: self.own_limits.max_rooms,
            missing: Arc::clone(missing),
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

    /// Whether somebody wants to hear of a client's pings.
    pub(crate) fn hears_pings(&self) -> bool {
        self.ping.is_some()
    }

    /// Whether somebody wants to hear of a client's pongs.
    pub(crate) fn hears_pongs(&self) -> bool {
        self.pong.is_some()
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

    /// Why no app can start with it beside its settings.
    pub(crate) fn problem_beside(&self, config: &Config) -> Option<String> {
        let problem = || {
            let problem = self.own_limits.problem_beside(config)?;
            Some(format!("{}: {problem}", self.path))
        };
        problem().or_else(|| self.problem_with_rooms(config))
    }

    /// Why no app can start with it.
    pub(crate) fn problem(&self) -> Option<String> {
        let path = &self.path;
        let unreachable = || {
            let mut events = self.event_names().into_iter();
            events.find_map(|event| self.unreachable(event))
        };
        let compression = || {
            let problem = self.compression?.problem_beside(self.slow_consumer)?;
            Some(format!("{path}: {problem}"))
        };
        let limits = || {
            let problem = self.own_limits.problem()?;
            Some(format!("{path}: {problem}"))
        };
        let reserved = || {
            is_own(path).then(|| {
                format!(
                    "`{path}`: paths below /{OWN}/ are the framework's own; choose another \
                     (example: /ws/chat)"
                )
            })
        };
        let subprotocols = || {
            let problem = self.subprotocols.problem()?;
            Some(format!("{path}: {problem}"))
        };
        let development = || {
            let problem = self.development.problem()?;
            Some(format!("{path}: {problem}"))
        };
        (self.problems.first().cloned())
            .or_else(reserved)
            .or_else(unreachable)
            .or_else(compression)
            .or_else(limits)
            .or_else(subprotocols)
            .or_else(development)
    }

    /// Why nothing ever reaches a handler of this event.
    pub(crate) fn unreachable(&self, event: &str) -> Option<String> {
        if self.codec().names_events() || event == MESSAGE {
            return None;
        }
        let (path, codec) = (&self.path, self.codec_name());
        let way_out = match self.speech {
            Some(_) => "leave `.codec(..)` out",
            None => "add `.codec(codec::Envelope)`",
        };
        Some(format!(
            "{path}: nothing reaches `{event}`, because every text of a route that speaks \
             `{codec}` goes to `{MESSAGE}`; use `.on(\"{MESSAGE}\", ..)`, or {way_out}"
        ))
    }

    /// The headers of a request that its connection keeps.
    pub(crate) fn kept_headers(&self) -> &[HeaderName] {
        self.kept_headers.names()
    }

    /// A handler asks for a header that is not kept.
    pub(crate) fn tell_of_a_lost_header(&self, name: &str) {
        self.kept_headers.tell_of_a_lost_one(&self.path, name);
    }

    /// The events it handles, sorted.
    pub(crate) fn event_names(&self) -> Vec<&str> {
        let handled = self.events.iter().map(|(name, _)| &**name);
        let mut names: Vec<_> = handled.chain(self.rules.events()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The app's own codecs, which from here on have numbers.
///
/// # Errors
///
/// There are more than there are numbers.
pub(crate) fn number_customs(tables: &mut [Table]) -> Result<Customs, String> {
    let mut customs: Vec<Custom> = Vec::new();
    let mut routes = Vec::new();
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
        routes.push(table.number);
    }
    Ok(Customs::new(customs, routes))
}

/// Why an event cannot be registered under this name.
pub(crate) fn problem_with(event: &str) -> Option<String> {
    if LIFECYCLE.contains(&event) {
        let cure = match event {
            "connect" | "open" => "use `.connect(..)`",
            "disconnect" | "close" => "use `.disconnect(..)`",
            "drain" => "use `.drain(..)`",
            "error" => "use `.error(..)`",
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
