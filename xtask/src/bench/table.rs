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
        "Ratios to bun-loop = 1.00: median of {} interleaved rounds (least–most).\n\
         {cores}; Rust servers have one worker thread.\n\
         Off or as wide as the widest: compression, idle and handler timeouts, limits on \
         messages and on what waits for a client (16 MiB).",
        options.rounds
    )
}

/// One scenario: a line for each server, what orcs has to reach, and the baseline's own figures.
pub fn of(scenario: &Scenario, rows: &[Row<'_>]) -> String {
    let mut text = format!("{}: {}\n", scenario.name, scenario.title);
    let Some(baseline) = rows.iter().find(|row| row.server.is_baseline()) else {
        return text + "  no server of this run can do it\n";
    };
    let names = scenario
        .metrics
        .iter()
        .map(|metric| metric.name().to_owned());
    line(&mut text, "", names, "generator");
    for row in rows {
        let cells = scenario
            .metrics
            .iter()
            .map(|metric| cell(row, baseline, *metric));
        line(&mut text, row.server.name, cells, &busy(row));
    }
    if let Some(orcs) = rows.iter().find(|row| row.server.is_orcs()) {
        if let Some(before) = rows.iter().find(|row| row.server.is_before()) {
            let ratios = scenario
                .metrics
                .iter()
                .map(|metric| shown(orcs.ratio(before, *metric)));
            line(&mut text, "orcs : before", ratios, "");
        }
        for goal in scenario.goals {
            text += &judged(goal, orcs.compared(baseline, goal.metric));
        }
    }
    match scenario.metrics {
        Metric::OF_MESSAGES => text + &absolute(baseline),
        _ => text,
    }
}

fn line(text: &mut String, name: &str, cells: impl Iterator<Item = String>, last: &str) {
    write!(text, "  {name:<13}").expect("a String takes all");
    for cell in cells {
        write!(text, " {cell:>20}").expect("a String takes all");
    }
    writeln!(text, " {last:>9}").expect("a String takes all");
}

fn cell(row: &Row<'_>, baseline: &Row<'_>, metric: Metric) -> String {
    match row.compared(baseline, metric) {
        Some(spread) if metric.is_absolute() => spread.rounded(),
        ratio => shown(ratio),
    }
}

fn shown(ratio: Option<Spread>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| ratio.to_string())
}

/// A generator without a pause measures itself.
fn busy(row: &Row<'_>) -> String {
    let busy = row.rounds.iter();
    let busy = Spread::of(busy.filter_map(|figures| figures.get("generator_busy")));
    busy.map_or_else(String::new, |busy| format!("{:.0} %", busy.median * 100.0))
}

fn judged(goal: &Goal, spread: Option<Spread>) -> String {
    let name = goal.metric.name();
    let verdict = match spread {
        None => "not measured",
        Some(spread) if goal.is_met(goal.reach, spread.median) => "reached",
        Some(spread) if goal.is_met(goal.must, spread.median) => "met",
        Some(_) => "MISSED",
    };
    let (must, reach) = (goal.must, goal.reach);
    match goal.metric.is_absolute() {
        true => format!("  orcs, {name}: must {must}, reach {reach}: {verdict}\n"),
        false => format!("  orcs, {name}: must {must:.2}, reach {reach:.2}: {verdict}\n"),
    }
}

/// So that nobody has to take a ratio on trust.
fn absolute(baseline: &Row<'_>) -> String {
    let median = |metric| {
        baseline
            .absolute(metric)
            .map_or(0.0, |spread| spread.median)
    };
    format!(
        "  bun-loop itself: {:.0} per CPU second, {:.0} per second, p50 {:.0} us, p99 {:.0} us, \
         p99.9 {:.0} us\n",
        median(Metric::Work),
        median(Metric::Throughput),
        median(Metric::P50),
        median(Metric::P99),
        median(Metric::P999),
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

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::super::scenario::SCENARIOS;
    use super::super::server::{SERVERS, Server};
    use super::*;

    fn row(name: &str, lines: [&str; 2]) -> Row<'static> {
        Row {
            server: SERVERS.iter().find(|server| server.name == name).unwrap(),
            rounds: lines.map(|line| Figures::parse(line).unwrap()).into(),
        }
    }

    #[test]
    fn orcs_is_judged_by_its_median_ratio() {
        let told = |deliveries: u32| {
            format!(r#"{{"deliveries":{deliveries},"server_cpu_seconds":1,"generator_busy":0.5}}"#)
        };
        let bun = row("bun-loop", [&told(100), &told(200)]);
        for (first, second, verdict) in [
            (131, 262, "reached"),
            (116, 232, "must 1.15, reach 1.31: met"),
            (90, 200, "MISSED"),
        ] {
            let orcs = row("orcs", [&told(first), &told(second)]);
            let table = of(
                &SCENARIOS[0],
                &[row("bun-loop", [&told(100), &told(200)]), orcs],
            );
            assert!(table.contains(verdict), "{table}");
        }
        let table = of(&SCENARIOS[0], &[bun]);
        assert!(table.contains("1.00 (1.00–1.00)"), "{table}");
        assert!(table.contains("150 per CPU second"), "{table}");
        assert!(table.contains("50 %"), "{table}");
    }

    #[test]
    fn a_change_is_set_against_what_was_before() {
        let told =
            |deliveries: u32| format!(r#"{{"deliveries":{deliveries},"server_cpu_seconds":1}}"#);
        let server = Server::before("app".into());
        let rounds = [10, 20].map(|deliveries| Figures::parse(&told(deliveries)).unwrap());
        let before = Row {
            server: &server,
            rounds: rounds.into(),
        };
        let rows = [
            row("bun-loop", [&told(100), &told(100)]),
            row("orcs", [&told(15), &told(30)]),
            before,
        ];
        let table = of(&SCENARIOS[0], &rows);
        let line = table
            .lines()
            .find(|line| line.contains("orcs : before"))
            .unwrap();
        assert!(line.contains("1.50 (1.50–1.50)"), "{table}");
    }

    #[test]
    fn memory_stands_for_itself() {
        let idle = SCENARIOS.iter().find(|scenario| scenario.name == "idle");
        let told = r#"{"bytes_per_connection":1200.4}"#;
        let rows = [row("bun-loop", [told, told]), row("orcs", [told, told])];
        let table = of(idle.unwrap(), &rows);
        assert!(table.contains("1200 (1200–1200)"), "{table}");
        assert!(table.contains("must 1536, reach 922: met"), "{table}");
    }
}
