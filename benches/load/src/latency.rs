//! How long things took: quantiles, in nanoseconds.

use hdrhistogram::Histogram;
use std::time::Duration;

/// Times to a thousandth of their size.
#[derive(Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
}

impl Latency {
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are sound");
        Self { histogram }
    }

    /// Longer than a minute counts as a minute.
    pub fn record(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(LONGEST);
        self.histogram.saturating_record(nanoseconds.max(1));
    }

    /// The time that this share of all stayed below, in microseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        self.histogram.value_at_quantile(share) as f64 / 1000.0
    }

    pub fn max(&self) -> f64 {
        self.histogram.max() as f64 / 1000.0
    }

    pub fn clear(&mut self) {
        self.histogram.reset();
    }
}

const LONGEST: u64 = 60_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut latency = Latency::new();
        for microseconds in 1..=1000 {
            latency.record(Duration::from_micros(microseconds));
        }
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0)] {
            let found = latency.quantile(share);
            assert!((found / expected - 1.0).abs() < 0.001, "{share}: {found}");
        }
        assert!((latency.max() / 1000.0 - 1.0).abs() < 0.001);
        latency.record(Duration::from_secs(3600));
        assert!((latency.max() / 60_000_000.0 - 1.0).abs() < 0.001);
        latency.clear();
        assert_eq!(latency.max(), 0.0);
    }
}
