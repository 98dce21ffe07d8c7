//! What one run of the load generator told.

use crate::failure::Result;
use std::collections::HashMap;

/// Names and numbers, as the generator prints them.
#[derive(Debug, Clone)]
pub struct Figures(HashMap<String, f64>);

/// What servers are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Deliveries per CPU second of the server.
    Work,
    /// Deliveries per second.
    Throughput,
    P50,
    P99,
    P999,
    /// Resident memory per idle connection; compared as it is, not as a ratio.
    Bytes,
}

impl Metric {
    /// What a scenario with messages tells.
    pub const OF_MESSAGES: &[Self] = &[
        Self::Work,
        Self::Throughput,
        Self::P50,
        Self::P99,
        Self::P999,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work per CPU s",
            Self::Throughput => "throughput",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Bytes => "bytes per connection",
        }
    }

    pub fn is_better_when_higher(self) -> bool {
        matches!(self, Self::Work | Self::Throughput)
    }

    /// Whether it stands for itself instead of being set against the baseline's.
    pub fn is_absolute(self) -> bool {
        self == Self::Bytes
    }
}

impl Figures {
    pub fn parse(line: &str) -> Result<Self> {
        serde_json::from_str(line)
            .map(Self)
            .map_err(|error| format!("the load generator printed {line:?}: {error}").into())
    }

    /// A figure by its name; one that was not told is none.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    pub fn metric(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Work => self.quotient("deliveries", "server_cpu_seconds"),
            Metric::Throughput => self.quotient("deliveries", "seconds"),
            Metric::P50 => self.get("p50_us"),
            Metric::P99 => self.get("p99_us"),
            Metric::P999 => self.get("p999_us"),
            Metric::Bytes => self.get("bytes_per_connection"),
        }
    }

    fn quotient(&self, dividend: &str, divisor: &str) -> Option<f64> {
        let divisor = self.get(divisor).filter(|divisor| *divisor > 0.0)?;
        Some(self.get(dividend)? / divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_computed_from_what_was_told() {
        let line = r#"{"deliveries":300,"seconds":3,"server_cpu_seconds":1.5,"p99_us":7.5}"#;
        let figures = Figures::parse(line).unwrap();
        assert_eq!(figures.metric(Metric::Work), Some(200.0));
        assert_eq!(figures.metric(Metric::Throughput), Some(100.0));
        assert_eq!(figures.metric(Metric::P99), Some(7.5));
        assert_eq!(figures.metric(Metric::P50), None);
        assert!(Figures::parse("error: lost").is_err());
    }
}
