//! A route's limits in words.

use crate::app::InOrder;
use serde_json::Value;

/// `max_payload 1 KiB, rate_limit 5 a second (9 at once), idle_timeout off`.
pub fn in_words(limits: &InOrder<Value>) -> String {
    let limits = limits.0.iter();
    let limits: Vec<_> = limits
        .map(|(name, limit)| format!("{name} {}", in_word(name, limit)))
        .collect();
    limits.join(", ")
}

fn in_word(name: &str, limit: &Value) -> String {
    if let Some(per_second) = limit["per_second"].as_u64() {
        return match limit["burst"].as_u64() {
            _ if per_second == 0 => "off".to_owned(),
            Some(burst) => format!("{per_second} a second ({burst} at once)"),
            None => format!("{per_second} a second"),
        };
    }
    match (name, limit.as_f64()) {
        ("max_payload", Some(_)) => bytes(limit.as_u64().unwrap_or_default()),
        (_, Some(0.0)) => "off".to_owned(),
        ("heartbeat", Some(_)) => format!("{limit} s"),
        (name, Some(_)) if name.ends_with("_timeout") => format!("{limit} s"),
        _ => limit.to_string(),
    }
}

/// In the largest unit that needs no fraction.
fn bytes(bytes: u64) -> String {
    match bytes {
        0 => "0 bytes".to_owned(),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_with_its_unit() {
        let limits: InOrder<Value> = serde_json::from_str(
            r#"{"max_payload":16384,"rate_limit":{"per_second":5,"burst":9},
                "control_rate_limit":{"per_second":0},"max_rooms":3,"idle_timeout":1.5,
                "write_timeout":0,"heartbeat":5,"later":{"x":1}}"#,
        )
        .unwrap();
        assert_eq!(
            in_words(&limits),
            "max_payload 16 KiB, rate_limit 5 a second (9 at once), control_rate_limit off, \
             max_rooms 3, idle_timeout 1.5 s, write_timeout off, heartbeat 5 s, later {\"x\":1}"
        );
        assert_eq!(
            (bytes(3 << 20), bytes(1000)),
            ("3 MiB".into(), "1000 bytes".into())
        );
    }
}
