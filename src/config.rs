//! An app's settings: typed values with defaults, overridden by `.env` and the environment.

mod algorithm;
mod environment;
mod jwks_url;
mod keys;
mod log_format;
mod secret;
mod sources;
mod starter;

pub use algorithm::Algorithm;
pub use environment::Environment;
pub(crate) use keys::KEYS;
pub use log_format::LogFormat;
pub use secret::Secret;
pub(crate) use starter::Starter;

use crate::close::code;
use crate::error::{Error, Result};
use crate::origin::Origins;
use crate::proxy::Proxies;
use crate::rate_limit::RateLimit;
use crate::reject::Reject;
use sources::Sources;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

/// An app's settings.
///
/// Four sources, the later ones win: the defaults below, the function given to
/// [`Config::load`] (an app's `config/websocket.rs`), `.env` in the working
/// directory, the process environment. Every key is described in `.env.example`.
///
/// `0` turns a timeout or a rate off. A bound on memory cannot be turned off.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where the app runs. In production what is for development alone stops the start, and
    /// `/_orcs/metrics` is closed without `WS_METRICS_KEY`. `APP_ENV`, `development` or
    /// `production`; default development. Source: ORCS.
    pub environment: Environment,
    /// Where the app listens. `HOST`; default `None`: both loopback addresses,
    /// because `localhost` has two.
    pub host: Option<IpAddr>,
    /// TCP port. `PORT`; default 42069; 0 picks a free one.
    pub port: u16,
    /// How long a client may stay silent before it is closed with 4408, or with
    /// [`close_silent`](Self::close_silent).
    ///
    /// Any frame counts as life, a pong too; the server pings at half of it.
    /// `WS_IDLE_TIMEOUT`, seconds; default 120 s; 0 (`None`) turns it off.
    /// Source: ORCS `idleTimeout`.
    #[doc(alias = "idleTimeout")]
    pub idle_timeout: Option<Duration>,
    /// How long a client may send no message before it is closed with 4408
    /// (`WS_CLOSE_SILENT`). Pings and pongs
    /// do not count, whoever asked for them: this tells who uses the app, and
    /// [`idle_timeout`](Self::idle_timeout) who is there.
    ///
    /// A message that is on its way or being handled keeps its client, and so does a socket that still takes
    /// what waits for it. `WS_INACTIVITY_TIMEOUT`, seconds; default 0 (`None`), which is off.
    /// Source: universal-api `inactivityTimeout`.
    #[doc(alias = "inactivityTimeout")]
    pub inactivity_timeout: Option<Duration>,
    /// How often each client is pinged, whatever it sends; for proxies that cut quiet
    /// connections, and to notice soon who is gone. At least 100 ms.
    ///
    /// `WS_HEARTBEAT_INTERVAL`, seconds; default 0 (`None`), which is off. Source: universal-api
    /// `heartbeat`.
    #[doc(alias = "heartbeat")]
    pub heartbeat_interval: Option<Duration>,
    /// Heartbeats in a row after which nothing at all came in; with the next one, the client is
    /// closed with 4408 (`WS_CLOSE_SILENT`). `WS_HEARTBEAT_MISSES`; default 3; at least 1.
    pub heartbeat_misses: u32,
    /// Largest message in bytes, its fragments summed; a larger one is closed with 1009
    /// as soon as its length is announced. On routes that do not say so themselves with
    /// [`Route::max_payload`](crate::Route::max_payload). `WS_MAX_PAYLOAD_LENGTH`; default 16 MiB; at least 1.
    /// Source: ORCS `maxPayloadLength`.
    #[doc(alias("maxPayloadLength", "maxPayload", "maxMessageSize"))]
    pub max_payload_bytes: usize,
    /// Bytes that may wait for a client that reads slowly; more closes it with 1013.
    ///
    /// Each waiting frame counts its length and 64 bytes; an empty outbox takes one
    /// message of any size. `WS_BACKPRESSURE_LIMIT`; default 1 MiB; at least 1.
    /// Source: Bun `backpressureLimit`.
    #[doc(alias = "backpressureLimit")]
    pub backpressure_limit_bytes: usize,
    /// Bytes of events that may wait behind a running handler of the same client;
    /// beyond it the client's socket is not read until the handler is done.
    ///
    /// Each waiting event counts its length and 64 bytes.
    /// `WS_EVENT_QUEUE_LIMIT`; default 256 KiB; at least 1.
    pub event_queue_limit_bytes: usize,
    /// How long a handler may run. A `connect` that takes longer is closed with 1011, an
    /// event is answered with the code `timeout` and its connection stays.
    /// `WS_HANDLER_TIMEOUT`, seconds; default 30 s; 0 (`None`) turns it off.
    pub handler_timeout: Option<Duration>,
    /// Rooms one client may be in; one more is refused with `too_many_rooms`.
    /// `WS_MAX_ROOMS_PER_CLIENT`; default 128; at least 1.
    pub max_rooms_per_client: usize,
    /// Messages a client may send a second: see [`RateLimit`] for what is over it. On routes
    /// that do not say so themselves with [`Route::rate_limit`](crate::Route::rate_limit).
    ///
    /// `WS_RATE_LIMIT`, messages a second, twice as many at once; default 100; 0 turns it off.
    pub rate_limit: RateLimit,
    /// Pings and pongs a client may send a second; one more closes it with 1008.
    /// `WS_CONTROL_RATE_LIMIT`, frames a second, twice as many at once; default 100; 0 turns it off.
    pub control_rate_limit: RateLimit,
    /// Messages in a row that the route's codec cannot read; the last of them closes the client
    /// with 1008. `WS_MAX_BAD_FRAMES`; default 20; 0 turns it off.
    pub max_bad_frames: u32,
    /// How long a message may take from its first byte to its last; a longer one closes the
    /// client with 1008, however fast its parts come.
    /// `WS_MESSAGE_TIMEOUT`, seconds; default 30 s; 0 (`None`) turns it off.
    pub message_timeout: Option<Duration>,
    /// How long a client's socket may take nothing while something waits for it; then it is
    /// cut with 1013, whatever its route's [`SlowConsumer`](crate::SlowConsumer) says.
    /// `WS_WRITE_TIMEOUT`, seconds; default 10 s; 0 (`None`) turns it off.
    pub write_timeout: Option<Duration>,
    /// Bytes that all connections together may hold of what is not handled yet: messages that
    /// have come in part, what was read but not taken apart, events that wait. Who would need
    /// more is closed with 1013, the others go on.
    ///
    /// The first 4 KiB of each connection do not count.
    /// `WS_MAX_INBOUND_BYTES`; default 256 MiB; at least `WS_MAX_PAYLOAD_LENGTH`.
    pub max_inbound_bytes: usize,
    /// Rooms there may be at a time; a join that would make one more is refused with
    /// `unavailable`. `WS_MAX_ROOMS`; default 1,000,000; at least 1.
    pub max_rooms: usize,
    /// Timers and tasks that one client may have at a time ([`Client::every`](crate::Client::every),
    /// `after`, `spawn`); one more is not begun. `WS_MAX_TASKS_PER_CLIENT`; default 64; at least 1.
    pub max_tasks_per_client: usize,
    /// Whether messages are compressed for clients that offer it, on routes that do not say
    /// so themselves with [`Route::compression`](crate::Route::compression).
    /// `WS_COMPRESSION`; default false. Source: ORCS `perMessageDeflate`.
    #[doc(alias = "perMessageDeflate")]
    pub compression: bool,
    /// Messages of fewer bytes are not compressed. `WS_COMPRESSION_THRESHOLD`; default 1024;
    /// 0 tries every message. Source: universal-api `compression.threshold`.
    pub compression_threshold_bytes: usize,
    /// Whether tokens are read at all. `false` beside a route that requires one stops the start.
    /// `WS_AUTH_ENABLED`; default true. Source: ORCS.
    pub auth_enabled: bool,
    /// Whether every route requires a token, those without `.auth` too.
    /// `WS_AUTH_REQUIRED`; default false. Source: ORCS.
    pub auth_required: bool,
    /// The cookie that may carry a token, for clients that send none otherwise.
    /// `WS_AUTH_COOKIE`; default none: cookies are not looked at.
    pub auth_cookie: Option<String>,
    /// How long a client may take to be admitted: checking its token, middleware, `admit`.
    /// After it the connection is closed with 4408. `WS_AUTH_TIMEOUT`, seconds; default 10 s;
    /// 0 (`None`) turns it off. Source: Centrifugo's stale connections.
    pub auth_timeout: Option<Duration>,
    /// How long a connection stays when its token has run out, for a client to renew it; then
    /// it is closed with 4440. `WS_AUTH_GRACE`, seconds; default 25 s; 0 (`None`): at once.
    /// Source: Centrifugo.
    pub auth_grace: Option<Duration>,
    /// The close code for who brings no valid token. `WS_CLOSE_UNAUTHORIZED`; default 4401,
    /// CandyPack's is 4001; 4000 to 4999.
    pub close_unauthorized: u16,
    /// The close code for who is silent or inactive; who is not admitted in time is told 4408
    /// whatever it is. `WS_CLOSE_SILENT`; default 4408, universal-api's is 1000; 1000, or 4000
    /// to 4999.
    pub close_silent: u16,
    /// How a connection that is not let in is told so, on routes that do not say it with
    /// [`Route::reject`](crate::Route::reject). `WS_REJECT`, `close` or `http`; default close.
    pub reject: Reject,
    /// Pages that may open a socket. `WS_ALLOWED_ORIGINS`, separated by commas; default:
    /// those of the socket's own host. Source: OpenSpeed `allowedOrigins`.
    #[doc(alias = "allowedOrigins")]
    pub allowed_origins: Origins,
    /// Proxies that may say who their clients are and how they came: by `X-Forwarded-For`,
    /// `-Proto` and `-Host`, or by `Forwarded`. `WS_TRUSTED_PROXIES`, separated by commas;
    /// default none.
    #[doc(alias = "trustProxy")]
    pub trusted_proxies: Proxies,
    /// Whether a socket must have come by TLS, which a trusted proxy ends and tells of.
    /// `WS_REQUIRE_SECURE`; default false. Source: OpenSpeed `requireSecure`.
    #[doc(alias = "requireSecure")]
    pub require_secure: bool,
    /// TCP connections that may be open; one more is answered with 503. `WS_MAX_CONNECTIONS`;
    /// default `None`: nine tenths of the descriptors that the process may open; at least 1.
    /// Source: OpenSpeed `maxConnections`.
    #[doc(alias = "maxConnections")]
    pub max_connections: Option<usize>,
    /// TCP connections that one address may have open, an IPv6 network (/64) counted as one;
    /// one more is answered with 429.
    ///
    /// A trusted proxy's own address is not limited: each of its clients is.
    /// `WS_MAX_CONNECTIONS_PER_IP`; default 256; 0 (`None`) turns it off, because memory is
    /// bounded by `max_connections`. Source: OpenSpeed `maxConnectionsPerIP`.
    #[doc(alias = "maxConnectionsPerIP")]
    pub max_connections_per_ip: Option<usize>,
    /// How long it may take at most to close everybody with 1012 when the server restarts, so
    /// that not all come back in the same instant: 100 at once, then 1000 a second, or as many
    /// as must be for all to be told in time.
    ///
    /// `WS_RESTART_SPREAD`, seconds; default 5 s; 0 (`None`): all at once. Whoever stops the
    /// process the hard way must wait for 10 s more.
    pub restart_spread: Option<Duration>,
    /// How long a connection may take to send a request's header.
    /// `HTTP_HEADER_TIMEOUT`, seconds; default 10 s; cannot be turned off.
    pub header_timeout: Duration,
    /// Largest request header in bytes; a larger one is answered with 431.
    /// `HTTP_MAX_HEADER_BYTES`; default 16384; at least 8192.
    pub max_header_bytes: usize,
    /// Most header lines of a request; more are answered with 431.
    /// `HTTP_MAX_HEADERS`; default 100; at least 1.
    pub max_headers: usize,
    /// How tokens are signed; any other way is refused, whatever a token says of itself.
    /// `JWT_ALGORITHM`; default HS256.
    pub jwt_algorithm: Algorithm,
    /// Signs and verifies tokens (HS256, HS384, HS512): as long as the hash, so 32, 48 or
    /// 64 bytes at least. `JWT_SECRET`; default none.
    pub jwt_secret: Option<Secret>,
    /// Signs the session cookies that CSRF tokens belong to: at least 32 bytes.
    /// `SESSION_SECRET`; default none: a random one, so sessions do not survive a restart.
    pub session_secret: Option<Secret>,
    /// A file with the public key, in PEM, of who signs tokens (EdDSA, RS, PS, ES).
    /// `JWT_PUBLIC_KEY_FILE`, from the working directory; default none.
    pub jwt_public_key_file: Option<PathBuf>,
    /// Where an issuer publishes its keys (RFC 7517), instead of a file; https, or http on
    /// this machine. `JWT_JWKS_URL`; default none; needs the feature `jwks`.
    #[doc(alias = "jwks_uri")]
    pub jwt_jwks_url: Option<String>,
    /// What a token's `iss` must be. `JWT_ISSUER`; default `None`: it is not looked at.
    pub jwt_issuer: Option<String>,
    /// What a token's `aud` must be, or hold. `JWT_AUDIENCE`; default `None`: it is not
    /// looked at.
    pub jwt_audience: Option<String>,
    /// The least severe log line that is printed. `LOG_LEVEL`; default info.
    pub log_level: tracing::Level,
    /// How log lines are written. `LOG_FORMAT`, `pretty` or `json`; default pretty. Source: ORCS.
    pub log_format: LogFormat,
    /// Who shows it may read the counts at `/_orcs/metrics`: `Authorization: Bearer <key>`, at
    /// least 16 bytes of visible ASCII. `WS_METRICS_KEY`; default none: whoever asks on this
    /// machine and is no trusted proxy; in production nobody.
    pub metrics_key: Option<Secret>,
    sources: Sources,
}

/// What a place in a queue is counted for beside its bytes, so that a million empty
/// frames or events are not free.
pub(crate) const QUEUE_ENTRY_BYTES: usize = 64;

/// More often than this, a client's pongs would be the flood that `WS_CONTROL_RATE_LIMIT` is
/// there for.
pub(crate) const LEAST_HEARTBEAT: Duration = Duration::from_millis(100);

impl Default for Config {
    /// The defaults alone: neither `.env` nor the environment is read.
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            host: None,
            port: 42069,
            idle_timeout: Some(Duration::from_secs(120)),
            inactivity_timeout: None,
            heartbeat_interval: None,
            heartbeat_misses: 3,
            max_payload_bytes: 16 << 20,
            backpressure_limit_bytes: 1 << 20,
            event_queue_limit_bytes: 256 << 10,
            handler_timeout: Some(Duration::from_secs(30)),
            max_rooms_per_client: 128,
            max_rooms: 1_000_000,
            max_tasks_per_client: 64,
            rate_limit: RateLimit::per_second(100),
            control_rate_limit: RateLimit::per_second(100),
            max_bad_frames: 20,
            message_timeout: Some(Duration::from_secs(30)),
            write_timeout: Some(Duration::from_secs(10)),
            max_inbound_bytes: 256 << 20,
            compression: false,
            compression_threshold_bytes: 1024,
            auth_enabled: true,
            auth_required: false,
            auth_cookie: None,
            auth_timeout: Some(Duration::from_secs(10)),
            auth_grace: Some(Duration::from_secs(25)),
            close_unauthorized: code::UNAUTHORIZED,
            close_silent: code::SILENT,
            reject: Reject::Close,
            allowed_origins: Origins::default(),
            trusted_proxies: Proxies::default(),
            require_secure: false,
            max_connections: None,
            max_connections_per_ip: Some(256),
            restart_spread: Some(Duration::from_secs(5)),
            header_timeout: Duration::from_secs(10),
            max_header_bytes: 16 << 10,
            max_headers: 100,
            jwt_algorithm: Algorithm::default(),
            jwt_secret: None,
            session_secret: None,
            jwt_public_key_file: None,
            jwt_jwks_url: None,
            jwt_issuer: None,
            jwt_audience: None,
            log_level: tracing::Level::INFO,
            log_format: LogFormat::Pretty,
            metrics_key: None,
            sources: Sources::default(),
        }
    }
}

impl Config {
    /// Reads the settings: defaults, then `configure`, then `.env`, then the environment.
    ///
    /// A missing `.env` is fine. A key that starts with `WS_` and that nobody knows is
    /// reported in the log at the start, with the nearest known name; one that starts with
    /// `JWT_`, when there is a near one.
    ///
    /// # Errors
    ///
    /// A value that does not parse or is out of range, naming file, line, key and an example:
    ///
    /// ```text
    /// WS_IDLE_TIMEOUT: `abc` is not a number of seconds (example: 120; 0 turns it off)
    ///   --> .env:4
    /// ```
    pub fn load(configure: impl FnOnce(&mut Self)) -> Result<Self> {
        Self::from_sources(Sources::read()?, configure)
    }

    /// A value of the app's own from the environment or `.env`, in that order: `config.var("DATABASE_URL")`.
    ///
    /// `.env` is not copied into the process environment, because that cannot be done
    /// safely once threads run; ask here instead. An empty value counts as none.
    #[must_use]
    pub fn var(&self, key: &str) -> Option<&str> {
        self.sources.get(key).map(|found| found.value)
    }

    fn from_sources(sources: Sources, configure: impl FnOnce(&mut Self)) -> Result<Self> {
        let mut config = Self::default();
        configure(&mut config);
        config.settle()?;
        for key in KEYS {
            let Some(found) = sources.get(key.name) else {
                continue;
            };
            (key.set)(&mut config, found.value)
                .and_then(|()| (key.check)(&config))
                .map_err(|why| format!("{}: {why}\n  --> {}", key.name, found.origin))?;
        }
        config.sources = sources;
        config.check_together()?;
        Ok(config)
    }

    /// Refuses values that do not fit each other, wherever each came from.
    ///
    /// At the end: what the app's code sets may be widened by `.env`.
    pub(crate) fn check_together(&self) -> Result {
        keys::check_together(self).map_err(|(first, second, why)| {
            let origin = |key| match self.sources.get(key) {
                Some(found) => format!("\n  --> {}: {key}", found.origin),
                None => String::new(),
            };
            let (at_first, at_second) = (origin(first), origin(second));
            Error::new(
                "start",
                format!("{first}, {second}: {why}{at_first}{at_second}"),
            )
        })
    }

    /// Takes zero for off, and refuses values out of range, that the app's own code has set.
    pub(crate) fn settle(&mut self) -> Result {
        for timeout in [
            &mut self.idle_timeout,
            &mut self.inactivity_timeout,
            &mut self.heartbeat_interval,
            &mut self.handler_timeout,
            &mut self.auth_timeout,
            &mut self.auth_grace,
            &mut self.message_timeout,
            &mut self.write_timeout,
            &mut self.restart_spread,
        ] {
            *timeout = timeout.filter(|timeout| !timeout.is_zero());
        }
        let per_ip = &mut self.max_connections_per_ip;
        *per_ip = per_ip.filter(|most| *most > 0);
        for key in KEYS {
            (key.check)(self)
                .map_err(|why| format!("{}: {why}\n  --> the app's config", key.name))?;
        }
        Ok(())
    }

    /// Keys of `.env` and the environment that look like ours and are not, each as a
    /// sentence. They are in the log at the start, too.
    #[must_use]
    pub fn unknown_keys(&self) -> Vec<String> {
        self.sources.unknown_keys()
    }

    /// Lines of `.env` that count for nothing because their key stands further up, each as a
    /// sentence. They are in the log at the start, too.
    #[must_use]
    pub fn ignored_lines(&self) -> Vec<String> {
        self.sources.ignored_lines()
    }

    /// Whether `orcs` asks the app to describe itself. A line in `.env` must not, or the
    /// app would never start again.
    pub(crate) fn is_asked_to_describe(&self) -> bool {
        self.sources.environment("ORCS_DESCRIBE").is_some()
    }

    /// Whether there is a `.env` in the working directory.
    pub(crate) fn has_env_file(&self) -> bool {
        self.sources.has_file()
    }

    /// The addresses to listen on.
    pub(crate) fn hosts(&self) -> Vec<IpAddr> {
        match self.host {
            Some(host) => vec![host],
            None => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut settings = f.debug_struct("Config");
        for key in KEYS {
            settings.field(key.name, &format_args!("{}", (key.get)(self)));
        }
        settings.finish()
    }
}

#[cfg(test)]
mod tests;
