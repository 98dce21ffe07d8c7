//! `cargo xtask bench blocked`: what a handler that holds its thread does to everybody else.

use super::orcs::Orcs;
use super::ratios::Spread;
use crate::failure::{Failure, Result};

/// One client's handler sleeps for 50 ms, five times a second, while others talk in their rooms.
pub fn run(words: &[&str]) -> Result {
    let orcs = Orcs::prepare(words)?;
    println!(
        "\nA handler holds its thread for 50 ms every 200 ms; two worker threads. Broadcasts of other\n\
         rooms that reach their sender or the room's last member later than 10 ms, in % of all.\n"
    );
    let mut missed = Vec::new();
    for case in &CASES {
        for server in orcs.servers() {
            let shares = (0..orcs.rounds()).map(|_| {
                let figures = orcs.run(server, 2, case.load, 5.0)?;
                let share = figures.get("late_share").ok_or("a run told nothing")?;
                Ok(share * 100.0)
            });
            let shares: Vec<f64> = shares.collect::<Result<_>>()?;
            let spread = Spread::of(shares.iter().copied()).ok_or("there was no round")?;
            let each: Vec<_> = shares.iter().map(|share| format!("{share:.2}")).collect();
            println!(
                "{:<28} {:<13} {spread:>20}   each: {}",
                case.title,
                server.name,
                each.join(" ")
            );
            let judged = if case.each_counts {
                spread.most
            } else {
                spread.median
            };
            if server.is_orcs() && judged >= MOST_PERCENT {
                missed.push(format!(
                    "{}: {judged:.2} % were late, not below {MOST_PERCENT} %",
                    case.title
                ));
            }
        }
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Chore(missed.join("\nerror: "))),
    }
}

struct Case {
    title: &'static str,
    load: &'static str,
    /// Whether each round must keep the limit, or their median.
    each_counts: bool,
}

const CASES: [Case; 2] = [
    Case {
        title: "200 rooms of 10, 2000/s",
        load: "paced --rooms 200 --members 10 --senders 1 --rate 2000 --bytes 64 --to-last --block-ms 50",
        each_counts: true,
    },
    Case {
        title: "20 rooms of 100, 500/s",
        load: "paced --rooms 20 --members 100 --senders 1 --rate 500 --bytes 64 --to-last --block-ms 50",
        each_counts: false,
    },
];

const MOST_PERCENT: f64 = 1.0;
