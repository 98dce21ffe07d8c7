//! Limits that differ from what an app has without a word, for `orcs routes`.

use super::OwnLimits;
use crate::config::Config;
use crate::rate_limit::RateLimit;
use serde_json::{Value, json};
use std::time::Duration;

impl OwnLimits {
    /// What differs, by the name of the builder's method, whether the route says it or a setting:
    /// seconds, bytes and counts; 0 is off.
    pub(in crate::route) fn unusual(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let usual = Self::default().all(&Config::default());
        let all = self.all(config).into_iter().zip(usual);
        all.filter_map(|(own, usual)| (own != usual).then_some(own))
            .collect()
    }

    fn all(&self, config: &Config) -> [(&'static str, Value); 13] {
        let rate = |own: Option<RateLimit>, general: RateLimit| match own.unwrap_or(general) {
            RateLimit { per_second: 0, .. } => json!({ "per_second": 0 }),
            RateLimit { per_second, burst } => json!({ "per_second": per_second, "burst": burst }),
        };
        let seconds = |own: Option<Duration>, general: Option<Duration>| {
            let timeout = super::timeout(own, general).unwrap_or_default();
            // Whole seconds are told without a fraction.
            match timeout.subsec_nanos() {
                0 => json!(timeout.as_secs()),
                _ => json!(timeout.as_secs_f64()),
            }
        };
        let max_rooms = self.max_rooms.map(|rooms| rooms as usize);
        [
            ("max_payload", json!(self.max_payload_bytes(config))),
            ("rate_limit", rate(self.messages, config.rate_limit)),
            (
                "control_rate_limit",
                rate(self.control, config.control_rate_limit),
            ),
            (
                "max_bad_frames",
                json!(self.max_bad_frames.unwrap_or(config.max_bad_frames)),
            ),
            (
                "max_rooms",
                json!(max_rooms.unwrap_or(config.max_rooms_per_client)),
            ),
            (
                "message_timeout",
                seconds(self.message_timeout, config.message_timeout),
            ),
            (
                "handler_timeout",
                seconds(self.handler_timeout, config.handler_timeout),
            ),
            (
                "auth_timeout",
                seconds(self.auth_timeout, config.auth_timeout),
            ),
            (
                "write_timeout",
                seconds(self.write_timeout, config.write_timeout),
            ),
            (
                "idle_timeout",
                seconds(self.idle_timeout, config.idle_timeout),
            ),
            (
                "inactivity_timeout",
                seconds(self.inactivity_timeout, config.inactivity_timeout),
            ),
            (
                "heartbeat",
                seconds(self.heartbeat_interval, config.heartbeat_interval),
            ),
            (
                "heartbeat_misses",
                json!(self.heartbeat_misses.unwrap_or(config.heartbeat_misses)),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_route_or_a_setting_says_otherwise_is_told_and_nothing_else() {
        let none = OwnLimits::default().unusual(&Config::default());
        assert_eq!(none, []);

        let own = OwnLimits {
            messages: Some(RateLimit::per_second(5).burst(20)),
            control: Some(RateLimit::per_second(100)),
            max_payload_bytes: Some(1000),
            message_timeout: Some(Duration::ZERO),
            auth_timeout: Some(Duration::from_millis(1500)),
            ..OwnLimits::default()
        };
        let mut config = Config::default();
        config.idle_timeout = Some(Duration::from_secs(60));
        assert_eq!(
            own.unusual(&config),
            [
                ("max_payload", json!(1000)),
                ("rate_limit", json!({ "per_second": 5, "burst": 20 })),
                ("message_timeout", json!(0)),
                ("auth_timeout", json!(1.5)),
                ("idle_timeout", json!(60)),
            ]
        );
    }
}
