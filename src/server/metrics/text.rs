//! The counts in Prometheus' text format, 0.0.4.

use crate::hub::Stats;
use std::fmt::{self, Write};

/// What the text says it is.
pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Every count as `orcs_..`; what only grows ends in `_total`.
pub(super) fn of(stats: &Stats) -> String {
    let mut text = String::with_capacity(TYPICAL_BYTES);
    // Into a string nothing fails.
    let _ = write_all(&mut text, stats);
    text
}

fn write_all(out: &mut String, stats: &Stats) -> fmt::Result {
    for Metric {
        name,
        kind,
        help,
        get,
    } in METRICS
    {
        let end = match kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
        };
        writeln!(out, "# HELP orcs_{name}{end} {help}")?;
        writeln!(out, "# TYPE orcs_{name}{end} {kind}")?;
        writeln!(out, "orcs_{name}{end} {}", get(stats))?;
    }
    writeln!(out, "# HELP orcs_build_info Which version runs.")?;
    writeln!(out, "# TYPE orcs_build_info gauge")?;
    let version = env!("CARGO_PKG_VERSION");
    writeln!(out, "orcs_build_info{{version=\"{version}\"}} 1")
}

struct Metric {
    name: &'static str,
    kind: Kind,
    /// One line without a backslash, which would have to be escaped.
    help: &'static str,
    get: fn(&Stats) -> String,
}

enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only grows, since the start.
    Counter,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        })
    }
}

macro_rules! metrics {
    ($($kind:ident $name:ident $help:literal,)*) => {
        [$(Metric {
            name: stringify!($name),
            kind: Kind::$kind,
            help: $help,
            get: |stats| stats.$name.to_string(),
        }),*]
    };
}

/// One for each field of [`Stats`], in its order.
static METRICS: &[Metric] = &metrics![
    Gauge connections "Connected clients.",
    Gauge rooms "Rooms with at least one member.",
    Gauge average_room_size "Members per room.",
    Gauge sockets "Open TCP connections.",
    Gauge addresses "Distinct addresses behind them, an IPv6 network (/64) counted as one.",
    Counter dropped "Messages that slow clients missed.",
    Counter refused_connections "Connections that WS_MAX_CONNECTIONS or WS_MAX_CONNECTIONS_PER_IP left no room for.",
    Counter rate_limited "Messages not handled because of a rate limit.",
    Counter too_many_pings "Clients closed by WS_CONTROL_RATE_LIMIT.",
    Counter too_many_bad_frames "Clients closed by WS_MAX_BAD_FRAMES.",
    Counter message_timeouts "Clients closed by WS_MESSAGE_TIMEOUT.",
    Counter write_stalls "Clients cut by WS_WRITE_TIMEOUT.",
    Counter inbound_refused "Clients closed by WS_MAX_INBOUND_BYTES.",
    Gauge inbound_bytes "Bytes of WS_MAX_INBOUND_BYTES in use.",
    Counter admission_timeouts "Clients not admitted within WS_AUTH_TIMEOUT.",
    Counter handler_timeouts "Handlers cut by WS_HANDLER_TIMEOUT.",
    Counter joins_refused "Joins refused by limits or rules of rooms.",
    Counter tasks_refused "Timers and tasks that WS_MAX_TASKS_PER_CLIENT left no room for.",
    Counter let_in "Clients let in.",
    Counter too_slow "Clients closed because they read too slowly.",
    Counter bad_handshakes "Requests on the path of a socket that were no proper handshake.",
    Counter insecure "Handshakes refused by WS_REQUIRE_SECURE.",
    Counter foreign_origins "Handshakes refused by WS_ALLOWED_ORIGINS.",
    Counter unauthorized "Handshakes and requests refused for want of a valid token or key.",
    Counter csrf_refused "Handshakes refused for want of a valid CSRF token.",
    Counter admissions_refused "Clients that a middleware or admit did not let in.",
    Counter admissions_failed "Clients not let in because a middleware or admit failed.",
    Counter renewals_refused "Renewals of tokens refused.",
    Counter tokens_expired "Clients closed because their token ran out.",
    Counter http_refused "HTTP requests refused because they were malformed or too large.",
    Counter http_timeouts "HTTP connections closed by HTTP_HEADER_TIMEOUT.",
    Counter violations "Clients closed for a violation of the protocol.",
    Counter unsupported "Clients closed for a binary message on a route that takes none.",
    Counter bad_frames "Messages that the codec of their route could not read, or that had a reserved name.",
    Counter unknown_events "Events that nobody handles.",
    Counter invalid_payloads "Events whose payload had another shape than their handler reads.",
    Counter events_refused "Events, and clients at their connect, that a handler or a guard refused.",
    Counter handlers_failed "Handlers that failed, panics included.",
    Counter handlers_panicked "Handlers that panicked.",
    Counter sends_refused "Sends to rooms for members only by clients that are none.",
    Counter silent "Clients closed because they were silent for too long.",
    Counter close_timeouts "Connections cut because the client did not end its half in time.",
    Counter held_threads "Turns that held a thread for more than a few milliseconds.",
    Counter unwritable "Payloads that could not be written as JSON.",
];

const TYPICAL_BYTES: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::WebSocketManager;
    use serde_json::Value;

    #[test]
    fn every_count_of_get_stats_has_its_metric() {
        let stats = WebSocketManager::new(128, drop).get_stats();
        let Value::Object(counts) = serde_json::to_value(stats).unwrap() else {
            panic!("stats are an object");
        };
        let camel_case = |name: &str| {
            let mut words = name.split('_');
            let first = words.next().unwrap_or_default().to_owned();
            words.fold(first, |camel, word| {
                camel + &word[..1].to_ascii_uppercase() + &word[1..]
            })
        };
        let mut metrics: Vec<_> = METRICS.iter().map(|m| camel_case(m.name)).collect();
        metrics.sort_unstable();
        let mut names: Vec<_> = counts.keys().cloned().collect();
        names.sort_unstable();
        assert_eq!(
            metrics, names,
            "a count without a metric, or the other way round"
        );
    }

    #[test]
    fn a_help_needs_no_escape() {
        for Metric { name, help, .. } in METRICS {
            assert!(
                !help.contains(['\\', '\n']) && help.ends_with('.'),
                "{name}"
            );
        }
    }
}
