//! What orcs committed itself to: a ratio for each goal, kept in a file.

use super::figures::Metric;
use super::scenario::Scenario;
use super::suite::Row;
use crate::failure::Result;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The least ratio (or the largest, where less is better) of each scenario and metric.
#[derive(Debug, Default)]
pub struct Budgets(BTreeMap<String, f64>);

impl Budgets {
    pub fn read() -> Result<Self> {
        let path = path();
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Self)
                .map_err(|error| format!("{FILE}: {error}").into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{FILE}: {error}").into()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn write(&self) -> Result {
        let mut text = serde_json::to_string_pretty(&self.0).map_err(|error| error.to_string())?;
        text.push('\n');
        std::fs::write(path(), text).map_err(|error| format!("{FILE}: {error}"))?;
        println!("{FILE} holds the new budgets; commit it.");
        Ok(())
    }

    /// Sets the budgets of a scenario to what was measured, less a fifth.
    pub fn record(&mut self, scenario: &Scenario, rows: &[Row<'_>]) {
        for (key, metric, measured) in measured(scenario, rows) {
            let budget = match metric.is_better_when_higher() {
                true => measured * MARGIN,
                false => measured / MARGIN,
            };
            self.0.insert(key, (budget * 100.0).round() / 100.0);
        }
    }

    /// A sentence for each budget that was missed.
    pub fn check(&self, scenario: &Scenario, rows: &[Row<'_>]) -> Vec<String> {
        let missed = |(key, metric, measured): (String, Metric, f64)| {
            let budget = *self.0.get(&key)?;
            let (is_kept, side) = match metric.is_better_when_higher() {
                true => (measured >= budget, "below"),
                false => (measured <= budget, "above"),
            };
            (!is_kept).then(|| {
                let (name, metric) = (scenario.name, metric.name());
                format!("{name}: orcs' {metric} is {measured:.2}, {side} the budget of {budget}")
            })
        };
        measured(scenario, rows)
            .into_iter()
            .filter_map(missed)
            .collect()
    }
}

/// Key, metric and orcs' median of each goal.
fn measured(scenario: &Scenario, rows: &[Row<'_>]) -> Vec<(String, Metric, f64)> {
    let baseline = rows.iter().find(|row| row.server.is_baseline());
    let orcs = rows.iter().find(|row| row.server.is_orcs());
    let (Some(baseline), Some(orcs)) = (baseline, orcs) else {
        return Vec::new();
    };
    let goals = scenario.goals.iter();
    goals
        .filter_map(|goal| {
            let key = format!("{}, {}", scenario.name, goal.metric.name());
            let ratio = orcs.compared(baseline, goal.metric)?;
            Some((key, goal.metric, ratio.median))
        })
        .collect()
}

fn path() -> PathBuf {
    crate::root().join(FILE)
}

const FILE: &str = "benches/budgets.json";

/// Machines differ, and the same machine from day to day.
const MARGIN: f64 = 0.8;

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::super::scenario::SCENARIOS;
    use super::super::server::SERVERS;
    use super::*;

    fn row(name: &str, line: &str) -> Row<'static> {
        Row {
            server: SERVERS.iter().find(|server| server.name == name).unwrap(),
            rounds: vec![Figures::parse(line).unwrap()],
        }
    }

    fn scenario(name: &str) -> &'static Scenario {
        SCENARIOS
            .iter()
            .find(|scenario| scenario.name == name)
            .unwrap()
    }

    #[test]
    fn a_fifth_less_work_is_within_the_budget_and_more_is_not() {
        let rows = |work: u32| {
            let line = format!(r#"{{"deliveries":{work},"server_cpu_seconds":1}}"#);
            let bun = row("bun-loop", r#"{"deliveries":100,"server_cpu_seconds":1}"#);
            [bun, row("orcs", &line)]
        };
        let mut budgets = Budgets::default();
        assert!(
            budgets.check(scenario("echo"), &rows(1)).is_empty(),
            "no budget yet"
        );
        budgets.record(scenario("echo"), &rows(200));
        assert!(budgets.check(scenario("echo"), &rows(160)).is_empty());
        let missed = budgets.check(scenario("echo"), &rows(159));
        assert_eq!(
            missed,
            ["echo: orcs' work per CPU s is 1.59, below the budget of 1.6"]
        );
    }

    #[test]
    fn memory_may_grow_by_a_quarter() {
        let rows = |bytes: u32| {
            let line = format!(r#"{{"bytes_per_connection":{bytes}}}"#);
            [row("bun-loop", &line), row("orcs", &line)]
        };
        let mut budgets = Budgets::default();
        budgets.record(scenario("idle"), &rows(1000));
        assert!(budgets.check(scenario("idle"), &rows(1250)).is_empty());
        assert_eq!(budgets.check(scenario("idle"), &rows(1251)).len(), 1);
    }
}
