//! The keys of `.env`: how each is read, checked and shown.

use super::{Config, Secret};
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

/// Every key, in the order of `.env.example`.
pub(crate) const KEYS: &[Key] = &[
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
    Key {
        name: "WS_IDLE_TIMEOUT",
        set: |config, text| {
            config.idle_timeout = timeout(text, 120)?;
            Ok(())
        },
        check: |config| bounded(config.idle_timeout, 120),
        get: |config| show(config.idle_timeout),
    },
    Key {
        name: "WS_MAX_PAYLOAD_LENGTH",
        set: |config, text| {
            config.max_payload_bytes = bytes(text, 16_777_216)?;
            Ok(())
        },
        check: |config| at_least(1, config.max_payload_bytes, 16_777_216),
        get: |config| config.max_payload_bytes.to_string(),
    },
    Key {
        name: "WS_BACKPRESSURE_LIMIT",
        set: |config, text| {
            config.backpressure_limit_bytes = bytes(text, 1_048_576)?;
            Ok(())
        },
        check: |config| at_least(1, config.backpressure_limit_bytes, 1_048_576),
        get: |config| config.backpressure_limit_bytes.to_string(),
    },
    Key {
        name: "WS_EVENT_QUEUE_LIMIT",
        set: |config, text| {
            config.event_queue_limit_bytes = bytes(text, 262_144)?;
            Ok(())
        },
        check: |config| at_least(1, config.event_queue_limit_bytes, 262_144),
        get: |config| config.event_queue_limit_bytes.to_string(),
    },
    Key {
        name: "WS_HANDLER_TIMEOUT",
        set: |config, text| {
            config.handler_timeout = timeout(text, 30)?;
            Ok(())
        },
        check: |config| bounded(config.handler_timeout, 30),
        get: |config| show(config.handler_timeout),
    },
    Key {
        name: "WS_MAX_ROOMS_PER_CLIENT",
        set: |config, text| {
            config.max_rooms_per_client = number(text, "a number of rooms", 128)?;
            Ok(())
        },
        check: |config| at_least(1, config.max_rooms_per_client, 128),
        get: |config| config.max_rooms_per_client.to_string(),
    },
    Key {
        name: "WS_AUTH_ENABLED",
        set: |config, text| {
            config.auth_enabled = switch(text)?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.auth_enabled.to_string(),
    },
    Key {
        name: "WS_AUTH_REQUIRED",
        set: |config, text| {
            config.auth_required = switch(text)?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.auth_required.to_string(),
    },
    Key {
        name: "HTTP_HEADER_TIMEOUT",
        set: |config, text| {
            config.header_timeout = timeout(text, 10)?.ok_or_else(|| {
                format!("`{text}` would let half-open connections pile up (example: 10)")
            })?;
            Ok(())
        },
        check: |config| match config.header_timeout {
            Duration::ZERO => {
                Err("`0` would let half-open connections pile up (example: 10)".to_owned())
            }
            header_timeout => bounded(Some(header_timeout), 10),
        },
        get: |config| show(Some(config.header_timeout)),
    },
    Key {
        name: "HTTP_MAX_HEADER_BYTES",
        set: |config, text| {
            config.max_header_bytes = bytes(text, 16_384)?;
            Ok(())
        },
        check: |config| at_least(8192, config.max_header_bytes, 16_384),
        get: |config| config.max_header_bytes.to_string(),
    },
    Key {
        name: "HTTP_MAX_HEADERS",
        set: |config, text| {
            config.max_headers = number(text, "a number of header lines", 100)?;
            Ok(())
        },
        check: |config| at_least(1, config.max_headers, 100),
        get: |config| config.max_headers.to_string(),
    },
    Key {
        name: "JWT_SECRET",
        set: |config, text| {
            config.jwt_secret = Some(Secret::new(text));
            Ok(())
        },
        check: |config| match &config.jwt_secret {
            Some(secret) => usable(secret),
            None => Ok(()),
        },
        get: |_| String::new(),
    },
    Key {
        name: "LOG_LEVEL",
        set: |config, text| {
            config.log_level = text
                .parse()
                .map_err(|_| format!("`{text}` is not a log level (example: info)"))?;
            Ok(())
        },
        check: |_| Ok(()),
        get: |config| config.log_level.to_string().to_lowercase(),
    },
];

/// A duration; `0` is none.
fn timeout(text: &str, example: u32) -> Result<Option<Duration>, String> {
    let parsed = match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text),
    };
    match parsed {
        Ok(Duration::ZERO) => Ok(None),
        Ok(duration) => Ok(Some(duration)),
        Err(_) => Err(format!(
            "`{text}` is not a number of seconds (example: {example}; 0 turns it off)"
        )),
    }
}

fn bytes(text: &str, example: usize) -> Result<usize, String> {
    number(text, "a number of bytes", example)
}

fn number(text: &str, kind: &str, example: usize) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not {kind} (example: {example})"))
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

/// Keeps `now + timeout` inside what a clock can hold.
fn bounded(timeout: Option<Duration>, example: u32) -> Result<(), String> {
    match timeout {
        Some(timeout) if timeout > YEAR => Err(format!(
            "`{}` seconds is more than a year (example: {example}; 0 turns it off)",
            timeout.as_secs()
        )),
        _ => Ok(()),
    }
}

/// HS256 hashes to 32 bytes; a shorter key is weaker than its hash (RFC 7518, 3.2).
fn usable(secret: &Secret) -> Result<(), String> {
    const EXAMPLE: &str = "(example: the output of `openssl rand -hex 32`)";
    match secret.expose() {
        // ORCS's public default.
        text if text.starts_with("change-me") => {
            Err(format!("this is a known default, not a secret {EXAMPLE}"))
        }
        text if text.len() < 32 => Err(format!("the secret is shorter than 32 bytes {EXAMPLE}")),
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

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
