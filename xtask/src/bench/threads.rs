//! `cargo xtask bench threads`: what a second worker thread is good for.

use super::figures::{Figures, Metric};
use super::orcs::Orcs;
use super::ratios::Spread;
use super::scenario::{Kind, SCENARIOS, Scenario};
use super::server::Server;
use crate::failure::{Failure, Result};

/// Runs each closed-loop scenario with one thread and with two, in turn.
pub fn run(words: &[&str]) -> Result {
    let orcs = Orcs::prepare(words)?;
    println!(
        "\nTwo worker threads to one: median of {} rounds (least–most); the generator sleeps.\n",
        orcs.rounds()
    );
    println!(
        "{:<14} {:<13} {:>20} {:>20}",
        "", "", "throughput", "work per CPU s"
    );
    let mut missed = Vec::new();
    for scenario in SCENARIOS
        .iter()
        .filter(|scenario| scenario.kind == Kind::ClosedLoop)
    {
        for server in orcs.servers() {
            let (throughput, work) = ratios(&orcs, server, scenario)?;
            println!(
                "{:<14} {:<13} {throughput:>20} {work:>20}",
                scenario.name, server.name
            );
            if server.is_orcs() {
                missed.extend(judged(scenario, throughput, work));
            }
        }
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Chore(missed.join("\nerror: "))),
    }
}

fn ratios(orcs: &Orcs, server: &Server, scenario: &Scenario) -> Result<(Spread, Spread)> {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for round in 0..orcs.rounds() {
        // Whoever goes first is not always the same.
        for threads in if round % 2 == 0 { [1, 2] } else { [2, 1] } {
            let figures = orcs.run(server, threads, scenario.load, scenario.seconds)?;
            if threads == 1 { &mut one } else { &mut two }.push(figures);
        }
    }
    let ratio = |metric| {
        let values = |rounds: &[Figures]| {
            rounds
                .iter()
                .map(|figures| figures.metric(metric))
                .collect()
        };
        let (one, two): (Vec<_>, Vec<_>) = (values(&one), values(&two));
        Spread::of_ratios(&two, &one).ok_or("a run told nothing")
    };
    Ok((ratio(Metric::Throughput)?, ratio(Metric::Work)?))
}

fn judged(scenario: &Scenario, throughput: Spread, work: Spread) -> Vec<String> {
    let mut missed = Vec::new();
    if scenario.name == ONE_BIG_ROOM && throughput.median < LEAST_THROUGHPUT {
        missed.push(format!(
            "{}: two threads deliver {:.2} times as much as one, less than {LEAST_THROUGHPUT}",
            scenario.name, throughput.median
        ));
    }
    if work.median < LEAST_WORK {
        missed.push(format!(
            "{}: a CPU second of two threads does {:.2} of the work, less than {LEAST_WORK}",
            scenario.name, work.median
        ));
    }
    missed
}

/// One room is the whole load, and both threads must take part in it.
const ONE_BIG_ROOM: &str = "room-1000";
const LEAST_THROUGHPUT: f64 = 1.8;
const LEAST_WORK: f64 = 0.9;
