//! `cargo xtask bench threads`: what a second worker thread is good for.

use super::figures::{Figures, Metric};
use super::orcs::Orcs;
use super::ratios::Spread;
use super::server::Server;
use crate::failure::{Failure, Result};

/// Runs each load with one thread and with two, in turn.
pub fn run(words: &[&str]) -> Result {
    let orcs = Orcs::prepare(words)?;
    println!(
        "\nTwo worker threads to one: median of {} rounds (least–most); the generator sleeps.\n",
        orcs.rounds()
    );
    println!(
        "{:<44} {:<13} {:>20} {:>20}",
        "", "", "throughput", "work per CPU s"
    );
    let mut missed = Vec::new();
    for load in &LOADS {
        for server in orcs.servers() {
            let (throughput, work) = ratios(&orcs, server, load)?;
            println!(
                "{:<44} {:<13} {throughput:>20} {work:>20}",
                load.title, server.name
            );
            if server.is_orcs() {
                missed.extend(judged(load, throughput, work));
            }
        }
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Chore(missed.join("\nerror: "))),
    }
}

fn ratios(orcs: &Orcs, server: &Server, load: &Load) -> Result<(Spread, Spread)> {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for round in 0..orcs.rounds() {
        // Whoever goes first is not always the same.
        for threads in if round % 2 == 0 { [1, 2] } else { [2, 1] } {
            let figures = orcs.run(server, threads, load.words, SECONDS)?;
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

fn judged(load: &Load, throughput: Spread, work: Spread) -> Vec<String> {
    let mut missed = Vec::new();
    if throughput.median < load.least_throughput {
        missed.push(format!(
            "{}: two threads deliver {:.2} times as much as one, less than {}",
            load.title, throughput.median, load.least_throughput
        ));
    }
    if work.median < LEAST_WORK {
        missed.push(format!(
            "{}: a CPU second of two threads does {:.2} of the work, less than {LEAST_WORK}",
            load.title, work.median
        ));
    }
    missed
}

struct Load {
    title: &'static str,
    words: &'static str,
    /// What two threads must deliver, as a multiple of what one does.
    least_throughput: f64,
}

const fn load(title: &'static str, words: &'static str) -> Load {
    let least_throughput = 0.0;
    Load {
        title,
        words,
        least_throughput,
    }
}

/// The loads of the table, and some with one message at a time in a room: there it is the
/// writing that counts, not how many messages can be joined for it.
const LOADS: [Load; 10] = [
    Load {
        title: "one room of 1000, one message at a time",
        words: "rooms --rooms 1 --members 1000 --senders 1 --in-flight 1 --bytes 64",
        // One room is the whole load, and both threads must take part in it.
        least_throughput: 1.8,
    },
    load(
        "20 rooms of 100, one message at a time each",
        "rooms --rooms 20 --members 100 --senders 1 --in-flight 1 --bytes 64",
    ),
    load(
        "200 rooms of 10, one message at a time each",
        "rooms --rooms 200 --members 10 --senders 1 --in-flight 1 --bytes 64",
    ),
    load(
        "echo of 64 bytes, 1 in flight",
        "echo --connections 100 --in-flight 1 --bytes 64",
    ),
    load(
        "echo of 64 bytes, 16 in flight",
        "echo --connections 100 --in-flight 16 --bytes 64",
    ),
    load(
        "echo of 1 KiB, 4 in flight",
        "echo --connections 100 --in-flight 4 --bytes 1024",
    ),
    load(
        "one room of 100, 100 messages in flight",
        "rooms --rooms 1 --members 100 --senders 10 --in-flight 10 --bytes 64",
    ),
    load(
        "one room of 1000, 100 messages in flight",
        "rooms --rooms 1 --members 1000 --senders 10 --in-flight 10 --bytes 64",
    ),
    load(
        "the same, 1 KiB",
        "rooms --rooms 1 --members 1000 --senders 10 --in-flight 10 --bytes 1024",
    ),
    load(
        "100 rooms of 10, everyone talks",
        "rooms --rooms 100 --members 10 --in-flight 1 --bytes 64",
    ),
];

const SECONDS: f64 = 3.0;
const LEAST_WORK: f64 = 0.9;
