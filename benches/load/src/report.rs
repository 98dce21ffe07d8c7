//! What a run prints: one line of JSON, flat, numbers only.

use crate::latency::Latency;
use std::fmt;

/// Names and numbers, in the order they were told.
#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<(&'static str, f64)>,
}

impl Report {
    pub fn tell(&mut self, name: &'static str, figure: f64) {
        self.figures.push((name, figure));
    }

    pub fn tell_latency(&mut self, latency: &Latency) {
        self.tell("p50_us", latency.quantile(0.5));
        self.tell("p99_us", latency.quantile(0.99));
        self.tell("p999_us", latency.quantile(0.999));
        self.tell("max_us", latency.max());
    }

    #[cfg(test)]
    pub fn get(&self, name: &str) -> Option<f64> {
        let figure = self.figures.iter().find(|(told, _)| *told == name);
        figure.map(|(_, figure)| *figure)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, figure)) in self.figures.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}\"{name}\":{figure}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_json() {
        let mut report = Report::default();
        report.tell("deliveries", 1_000_000.0);
        report.tell("seconds", 0.25);
        assert_eq!(
            report.to_string(),
            r#"{"deliveries":1000000,"seconds":0.25}"#
        );
    }
}
