//! The keys of `.env`: how each is read, checked and shown.

use super::{Algorithm, Config, LEAST_HEARTBEAT, LogFormat, Secret, jwks_url};
use crate::close::code;
use crate::error::Error;
use crate::rate_limit::RateLimit;
use crate::reject::Reject;
use http::HeaderName;
use std::net::IpAddr;
use std::time::Duration;

/// One key of `.env`.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// Reads a value that is not empty.
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
    /// Refuses a value out of range, whoever set it.
    pub(super) check: fn(&Config) -> Result<(), String>,
    /// The value as `.env` would hold it; never a secret.
    pub(super) get: fn(&Config) -> String,
}

/// A number that bounds memory: `least` or more.
macro_rules! bound {
    ($name:literal, $field:ident, $kind:literal, least: $least:literal, example: $example:literal) => {
        Key {
            name: $name,
            set: |config, text| {
                config.$field = number(text, $kind, $example)?;
                Ok(())
            },
            check: |config| at_least($least, config.$field, $example),
            get: |config| config.$field.to_string(),
        }
    };
}

/// A time after which somebody is given up; `0` turns it off.
macro_rules! timeout {
    ($name:literal, $field:ident, example: $example:literal) => {
        Key {
            name: $name,
            set: |config, text| {
                config.$field = duration(text, concat!("example: ", $example, "; 0 turns it off"))?;
                Ok(())
            },
            check: |config| {
                at_most_a_year(
                    config.$field,
                    concat!("example: ", $example, "; 0 turns it off"),
                )
            },
            get: |config| show(config.$field),
        }
    };
}

/// Messages or frames a second; `0` turns it off.
macro_rules! rate {
    ($name:literal, $field:ident, $kind:literal, example: $example:literal) => {
        Key {
            name: $name,
            set: |config, text| {
                config.$field = RateLimit::per_second(amount(text, $kind, $example)?);
                Ok(())
            },
            check: |config| match config.$field.problem() {
                Some(problem) => Err(format!("{problem} (example: {})", $example)),
                None => Ok(()),
            },
            get: |config| config.$field.per_second.to_string(),
        }
    };
}

/// Yes or no.
macro_rules! switch {
    ($name:literal, $field:ident) => {
        Key {
            name: $name,
            set: |config, text| {
                config.$field = switch(text)?;
                Ok(())
            },
            check: |_| Ok(()),
            get: |config| config.$field.to_string(),
        }
    };
}

/// A list with a type of its own, which knows what may be in it.
macro_rules! list {
    ($name:literal, $field:ident) => {
        Key {
            name: $name,
            set: |config, text| {
                config.$field = text.parse().map_err(|why: Error| why.to_string())?;
                Ok(())
            },
            check: |_| Ok(()),
            get: |config| config.$field.to_string(),
        }
    };
}

/// A text that a token's claim must say; none is not asked for.
macro_rules! claim {
    ($name:literal, $field:ident, example: $example:literal) => {
        Key {
            name: $name,
            set: |config, text| {
                config.$field = Some(text.to_owned());
                Ok(())
            },
            check: |config| match config.$field.as_deref() {
                Some("") => {
                    Err(concat!("an empty text fits no token (example: ", $example, ")").to_owned())
                }
                _ => Ok(()),
            },
            get: |config| config.$field.clone().unwrap_or_default(),
        }
    };
}

/// Every key, in the order of `.env.example`.
pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "APP_ENV",
        set: |config, text| {
            config.environment = text.parse()?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.environment.to_string(),
    },
    Key {
        name: "HOST",
        set: |config, text| {
            config.host = match text {
                "localhost" => None,
                _ => Some(text.parse::<IpAddr>().map_err(|_| {
                    format!("`{text}` is not an IP address (example: 0.0.0.0; empty for localhost)")
                })?),
            };
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| {
            config
                .host
                .map_or_else(String::new, |host| host.to_string())
        },
    },
    Key {
        name: "PORT",
        set: |config, text| {
            config.port = text.parse().map_err(|_| {
                format!("`{text}` is not a port (example: 42069; 0 picks a free one)")
            })?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.port.to_string(),
    },
    timeout!("WS_IDLE_TIMEOUT", idle_timeout, example: 120),
    timeout!("WS_INACTIVITY_TIMEOUT", inactivity_timeout, example: 600),
    Key {
        name: "WS_HEARTBEAT_INTERVAL",
        set: |config, text| {
            config.heartbeat_interval = duration(text, "example: 25; 0 turns it off")?;
            Ok(())
        },
        check: |config| match config.heartbeat_interval {
            Some(interval) if interval < LEAST_HEARTBEAT => Err(format!(
                "`{}` is less than 100ms, and the pongs would be a flood (example: 25; 0 turns it off)",
                show(Some(interval))
            )),
            interval => at_most_a_year(interval, "example: 25; 0 turns it off"),
        },
        get: |config| show(config.heartbeat_interval),
    },
    Key {
        name: "WS_HEARTBEAT_MISSES",
        set: |config, text| {
            config.heartbeat_misses = (text.parse())
                .map_err(|_| format!("`{text}` is not a number of heartbeats (example: 3)"))?;
            Ok(())
        },
        check: |config| match config.heartbeat_misses {
            0 => Err("`0` would close everybody at the first heartbeat (example: 3)".to_owned()),
            _ => Ok(()),
        },
        get: |config| config.heartbeat_misses.to_string(),
    },
    bound!("WS_MAX_PAYLOAD_LENGTH", max_payload_bytes, "a number of bytes", least: 1, example: 16_777_216),
    bound!("WS_BACKPRESSURE_LIMIT", backpressure_limit_bytes, "a number of bytes", least: 1, example: 1_048_576),
    bound!("WS_EVENT_QUEUE_LIMIT", event_queue_limit_bytes, "a number of bytes", least: 1, example: 262_144),
    timeout!("WS_HANDLER_TIMEOUT", handler_timeout, example: 30),
    bound!("WS_MAX_ROOMS_PER_CLIENT", max_rooms_per_client, "a number of rooms", least: 1, example: 128),
    bound!("WS_MAX_ROOMS", max_rooms, "a number of rooms", least: 1, example: 1_000_000),
    bound!("WS_MAX_TASKS_PER_CLIENT", max_tasks_per_client, "a number of tasks", least: 1, example: 64),
    rate!("WS_RATE_LIMIT", rate_limit, "a number of messages a second", example: 100),
    rate!("WS_CONTROL_RATE_LIMIT", control_rate_limit, "a number of frames a second", example: 100),
    Key {
        name: "WS_MAX_BAD_FRAMES",
        set: |config, text| {
            config.max_bad_frames = amount(text, "a number of messages", 20)?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.max_bad_frames.to_string(),
    },
    timeout!("WS_MESSAGE_TIMEOUT", message_timeout, example: 30),
    timeout!("WS_WRITE_TIMEOUT", write_timeout, example: 10),
    Key {
        name: "WS_MAX_INBOUND_BYTES",
        set: |config, text| {
            config.max_inbound_bytes = number(text, "a number of bytes", INBOUND_EXAMPLE)?;
            Ok(())
        },
        check: |config| at_least(1, config.max_inbound_bytes, INBOUND_EXAMPLE),
        get: |config| config.max_inbound_bytes.to_string(),
    },
    switch!("WS_COMPRESSION", compression),
    Key {
        name: "WS_COMPRESSION_THRESHOLD",
        set: |config, text| {
            config.compression_threshold_bytes = number(text, "a number of bytes", 1024)?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.compression_threshold_bytes.to_string(),
    },
    switch!("WS_AUTH_ENABLED", auth_enabled),
    switch!("WS_AUTH_REQUIRED", auth_required),
    list!("WS_ALLOWED_ORIGINS", allowed_origins),
    list!("WS_TRUSTED_PROXIES", trusted_proxies),
    switch!("WS_REQUIRE_SECURE", require_secure),
    Key {
        name: "WS_AUTH_COOKIE",
        set: |config, text| {
            config.auth_cookie = Some(text.to_owned());
            Ok(())
        },
        check: |config| match &config.auth_cookie {
            // A cookie is named by a token, as a header is (RFC 6265, 4.1.1).
            Some(name) if HeaderName::from_bytes(name.as_bytes()).is_err() => Err(format!(
                "`{name}` is not the name of a cookie (example: session; empty for none)"
            )),
            _ => Ok(()),
        },
        get: |config| config.auth_cookie.clone().unwrap_or_default(),
    },
    timeout!("WS_AUTH_TIMEOUT", auth_timeout, example: 10),
    timeout!("WS_AUTH_GRACE", auth_grace, example: 25),
    Key {
        name: "WS_CLOSE_UNAUTHORIZED",
        set: |config, text| {
            config.close_unauthorized = text.parse().map_err(|_| not_a_close_code(text))?;
            Ok(())
        },
        check: |config| match config.close_unauthorized {
            4000..=4999 => Ok(()),
            code => Err(not_a_close_code(&code.to_string())),
        },
        get: |config| config.close_unauthorized.to_string(),
    },
    Key {
        name: "WS_CLOSE_SILENT",
        set: |config, text| {
            config.close_silent = text.parse().map_err(|_| not_a_code_for_silence(text))?;
            Ok(())
        },
        check: |config| match config.close_silent {
            // The standard's own codes say something else, or must not be sent.
            code::NORMAL | 4000..=4999 => Ok(()),
            code => Err(not_a_code_for_silence(&code.to_string())),
        },
        get: |config| config.close_silent.to_string(),
    },
    Key {
        name: "WS_REJECT",
        set: |config, text| {
            config.reject = match text {
                "close" => Reject::Close,
                "http" => Reject::Http,
                _ => {
                    return Err(format!(
                        "`{text}` is neither close nor http (example: close)"
                    ));
                }
            };
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| {
            match config.reject {
                Reject::Close => "close",
                Reject::Http => "http",
            }
            .to_owned()
        },
    },
    Key {
        name: "WS_MAX_CONNECTIONS",
        set: |config, text| {
            config.max_connections = Some(number(text, "a number of connections", 10_000)?);
            Ok(())
        },
        check: |config| {
            match config.max_connections {
            Some(0) => Err(
                "`0` would let nobody in (example: 10000; empty for nine tenths of the descriptors)"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
        },
        get: |config| {
            config
                .max_connections
                .map_or_else(String::new, |most| most.to_string())
        },
    },
    Key {
        name: "WS_MAX_CONNECTIONS_PER_IP",
        set: |config, text| {
            let most = number(text, "a number of connections", 256)?;
            config.max_connections_per_ip = Some(most).filter(|most| *most > 0);
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.max_connections_per_ip.unwrap_or(0).to_string(),
    },
    timeout!("WS_RESTART_SPREAD", restart_spread, example: 5),
    Key {
        name: "HTTP_HEADER_TIMEOUT",
        set: |config, text| {
            // `0` is refused by the check.
            config.header_timeout = duration(text, "example: 10")?.unwrap_or_default();
            Ok(())
        },
        check: |config| match config.header_timeout {
            Duration::ZERO => {
                Err("`0` would let half-open connections pile up (example: 10)".to_owned())
            }
            header_timeout => at_most_a_year(Some(header_timeout), "example: 10"),
        },
        get: |config| show(Some(config.header_timeout)),
    },
    bound!("HTTP_MAX_HEADER_BYTES", max_header_bytes, "a number of bytes", least: 8192, example: 16_384),
    bound!("HTTP_MAX_HEADERS", max_headers, "a number of header lines", least: 1, example: 100),
    Key {
        name: "JWT_ALGORITHM",
        set: |config, text| {
            config.jwt_algorithm = Algorithm::parse(text)?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.jwt_algorithm.to_string(),
    },
    Key {
        name: "JWT_SECRET",
        set: |config, text| {
            config.jwt_secret = Some(Secret::new(text));
            Ok(())
        },
        // Stands behind JWT_ALGORITHM, because the length depends on it.
        check: |config| match &config.jwt_secret {
            Some(secret) => secret.check(config.jwt_algorithm),
            None => Ok(()),
        },
        get: |_| String::new(),
    },
    Key {
        name: "JWT_PUBLIC_KEY_FILE",
        set: |config, text| {
            config.jwt_public_key_file = Some(text.into());
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| match &config.jwt_public_key_file {
            Some(path) => path.display().to_string(),
            None => String::new(),
        },
    },
    Key {
        name: "JWT_JWKS_URL",
        set: |config, text| {
            config.jwt_jwks_url = Some(text.to_owned());
            Ok(())
        },
        check: |config| {
            config
                .jwt_jwks_url
                .as_deref()
                .map_or(Ok(()), jwks_url::check)
        },
        get: |config| config.jwt_jwks_url.clone().unwrap_or_default(),
    },
    claim!("JWT_ISSUER", jwt_issuer, example: "https://login.example"),
    claim!("JWT_AUDIENCE", jwt_audience, example: "my-app"),
    Key {
        name: "SESSION_SECRET",
        set: |config, text| {
            config.session_secret = Some(Secret::new(text));
            Ok(())
        },
        // It signs with SHA-256.
        check: |config| match &config.session_secret {
            Some(secret) => secret.check(Algorithm::HS256),
            None => Ok(()),
        },
        get: |_| String::new(),
    },
    Key {
        name: "LOG_LEVEL",
        set: |config, text| {
            config.log_level = (text.parse())
                .map_err(|_| format!("`{text}` is not a log level (example: info)"))?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.log_level.to_string().to_lowercase(),
    },
    Key {
        name: "LOG_FORMAT",
        set: |config, text| {
            config.log_format = LogFormat::parse(text)?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.log_format.to_string(),
    },
    Key {
        name: "WS_METRICS_KEY",
        set: |config, text| {
            config.metrics_key = Some(Secret::new(text));
            Ok(())
        },
        check: |config| (config.metrics_key.as_ref()).map_or(Ok(()), Secret::check_as_header),
        get: |_| String::new(),
    },
];

/// A duration; `0` is none.
fn duration(text: &str, hint: &str) -> Result<Option<Duration>, String> {
    let parsed = match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text),
    };
    match parsed {
        Ok(Duration::ZERO) => Ok(None),
        Ok(duration) => Ok(Some(duration)),
        Err(_) => Err(format!("`{text}` is not a number of seconds ({hint})")),
    }
}

fn number(text: &str, kind: &str, example: usize) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not {kind} (example: {example})"))
}

/// A number that `0` turns off.
fn amount(text: &str, kind: &str, example: u32) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not {kind} (example: {example}; 0 turns it off)"))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!(
            "`{text}` is neither true nor false (example: true)"
        )),
    }
}

fn at_least(least: usize, value: usize, example: usize) -> Result<(), String> {
    match value {
        0 => Err(format!(
            "`0` would leave memory unbounded (example: {example})"
        )),
        _ if value < least => Err(format!(
            "`{value}` is less than {least} (example: {example})"
        )),
        _ => Ok(()),
    }
}

fn not_a_close_code(text: &str) -> String {
    format!("`{text}` is not a close code of an app, 4000 to 4999 (example: 4401)")
}

fn not_a_code_for_silence(text: &str) -> String {
    format!("`{text}` is neither 1000 nor a close code of an app, 4000 to 4999 (example: 4408)")
}

/// Refuses values that do not fit each other, and names both keys: which one is wrong, only
/// who set them knows.
pub(super) fn check_together(config: &Config) -> Result<(), (&'static str, &'static str, String)> {
    let (all, one) = (config.max_inbound_bytes, config.max_payload_bytes);
    if all < one {
        let why = format!(
            "`{all}` bytes for all connections hold no message of `{one}`; raise the first or \
             lower the second (defaults: {INBOUND_EXAMPLE} and 16777216)"
        );
        return Err(("WS_MAX_INBOUND_BYTES", "WS_MAX_PAYLOAD_LENGTH", why));
    }
    Ok(())
}

/// Keeps `now + timeout` inside what a clock can hold.
fn at_most_a_year(timeout: Option<Duration>, hint: &str) -> Result<(), String> {
    match timeout {
        Some(timeout) if timeout > YEAR => Err(format!(
            "`{}` seconds is more than a year ({hint})",
            timeout.as_secs()
        )),
        _ => Ok(()),
    }
}

fn show(timeout: Option<Duration>) -> String {
    match timeout {
        None => "0".to_owned(),
        Some(timeout) if timeout.subsec_nanos() == 0 => timeout.as_secs().to_string(),
        Some(timeout) => humantime::format_duration(timeout)
            .to_string()
            .replace(' ', ""),
    }
}

const INBOUND_EXAMPLE: usize = 256 << 20;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
