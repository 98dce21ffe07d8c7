//! How results are printed.

use super::cores::Cores;
use super::figures::Metric;
use super::options::Options;
use super::ratios::Spread;
use super::scenario::{Goal, Scenario};
use super::suite::Row;
use std::fmt::Write;

/// What all tables have in common.
pub fn head(options: &Options, cores: &Cores) -> String {
    format!(
        "Ratios to bun-loop = 1.00: median of {} interleaved rounds of {} s (least–most).\n\
         {cores}; Rust servers have one worker thread.\n\
         Off or as wide as the widest: compression, idle and handler timeouts, limits on \
         messages and on what waits for a client (16 MiB).",
        options.rounds, options.seconds
    )
}

/// One scenario: a line for each server, what orcs has to reach, and the baseline's own figures.
pub fn of(scenario: &Scenario, rows: &[Row<'_>]) -> String {
    let mut text = format!("{}: {}\n", scenario.name, scenario.title);
    let Some(baseline) = rows.iter().find(|row| row.server.is_baseline()) else {
        return text + "  no server of this run can do it\n";
    };
    line(
        &mut text,
        "",
        Metric::ALL.map(|metric| metric.name().to_owned()),
    );
    for row in rows {
        let ratios = Metric::ALL.map(|metric| shown(row.ratio(baseline, metric)));
        line(&mut text, row.server.name, ratios);
    }
    if let Some(orcs) = rows.iter().find(|row| row.server.is_orcs()) {
        for goal in scenario.goals {
            text += &judged(goal, orcs.ratio(baseline, goal.metric));
        }
    }
    text + &absolute(baseline)
}

fn line(text: &mut String, name: &str, cells: [String; 5]) {
    write!(text, "  {name:<13}").expect("a String takes all");
    for cell in cells {
        write!(text, " {cell:>20}").expect("a String takes all");
    }
    text.push('\n');
}

fn shown(spread: Option<Spread>) -> String {
    spread.map_or_else(|| "-".to_owned(), |spread| spread.to_string())
}

fn judged(goal: &Goal, spread: Option<Spread>) -> String {
    let name = goal.metric.name();
    let verdict = match spread {
        None => "not measured",
        Some(spread) if goal.is_met(goal.reach, spread.median) => "reached",
        Some(spread) if goal.is_met(goal.must, spread.median) => "met",
        Some(_) => "MISSED",
    };
    format!(
        "  orcs, {name}: must {:.2}, reach {:.2}: {verdict}\n",
        goal.must, goal.reach
    )
}

/// So that nobody has to take a ratio on trust.
fn absolute(baseline: &Row<'_>) -> String {
    let median = |metric| {
        baseline
            .absolute(metric)
            .map_or(0.0, |spread| spread.median)
    };
    let busy = baseline.rounds.iter().flatten();
    let busy = Spread::of(busy.filter_map(|figures| figures.get("generator_busy")));
    format!(
        "  bun-loop itself: {:.0} deliveries per CPU second, {:.0} per second, p50 {:.0} us, \
         p99 {:.0} us; generator busy {:.0} %\n",
        median(Metric::Work),
        median(Metric::Throughput),
        median(Metric::P50),
        median(Metric::P99),
        busy.map_or(0.0, |busy| busy.median * 100.0),
    )
}

impl Goal {
    fn is_met(&self, goal: f64, value: f64) -> bool {
        match self.metric.is_better_when_higher() {
            true => value >= goal,
            false => value <= goal,
        }
    }
}
