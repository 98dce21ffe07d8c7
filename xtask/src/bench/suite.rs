//! `cargo xtask bench`: every scenario against every server, interleaved.

use super::budget::Budgets;
use super::built::Built;
use super::cores::Cores;
use super::figures::{Figures, Metric};
use super::load::{self, Manner};
use super::open_files::OpenFiles;
use super::options::Options;
use super::peer::Peer;
use super::ratios::Spread;
use super::running::Running;
use super::scenario::{Kind, Scenario};
use super::server::Server;
use super::table;
use crate::failure::{Failure, Result};
use std::io::IsTerminal;

/// What the rounds of one scenario told, server by server.
#[derive(Debug)]
pub struct Row<'a> {
    pub server: &'a Server,
    pub rounds: Vec<Figures>,
}

impl Row<'_> {
    pub fn values(&self, metric: Metric) -> Vec<Option<f64>> {
        let rounds = self.rounds.iter();
        rounds.map(|figures| figures.metric(metric)).collect()
    }

    /// The ratio to another row, or the figure itself where that is what counts.
    pub fn compared(&self, baseline: &Self, metric: Metric) -> Option<Spread> {
        match metric.is_absolute() {
            true => self.absolute(metric),
            false => self.ratio(baseline, metric),
        }
    }

    pub fn ratio(&self, other: &Self, metric: Metric) -> Option<Spread> {
        Spread::of_ratios(&self.values(metric), &other.values(metric))
    }

    /// The figure itself.
    pub fn absolute(&self, metric: Metric) -> Option<Spread> {
        Spread::of(self.values(metric).into_iter().flatten())
    }
}

/// Runs it all, prints a table for each scenario, and holds orcs to its budgets.
pub fn run(options: &Options) -> Result {
    OpenFiles::raise();
    let built = Built::all()?;
    let cores = Cores::find();
    let before = options.orcs_binary.clone().map(Server::before);
    let mut servers = options.servers.clone();
    servers.extend(before.as_ref());
    servers.retain(|server| is_there(server, &built));
    if !servers.iter().any(|server| server.is_baseline()) {
        return Err("without Bun there is nothing to compare with".into());
    }

    let mut budgets = Budgets::read()?;
    if budgets.is_empty() && !options.record {
        println!("There are no budgets to keep; `cargo xtask bench --record` writes them.");
    }
    let mut broken = Vec::new();
    println!("\n{}\n", table::head(options, &cores));
    for scenario in &options.scenarios {
        let rows = rounds(scenario, &servers, options, &built, &cores)?;
        println!("{}", table::of(scenario, &rows));
        if options.record {
            budgets.record(scenario, &rows);
        } else {
            broken.extend(budgets.check(scenario, &rows));
        }
    }
    if options.record {
        return budgets.write();
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(Failure::Chore(broken.join("\nerror: "))),
    }
}

fn is_there(server: &Server, built: &Built) -> bool {
    match server.command(built) {
        Ok(_) => true,
        Err(Failure::Usage(problem) | Failure::Chore(problem)) => {
            println!("{} is left out: {problem}", server.name);
            false
        }
        Err(Failure::Told) => false,
    }
}

/// Every server once in each round, each round beginning with another.
fn rounds<'a>(
    scenario: &Scenario,
    servers: &[&'a Server],
    options: &Options,
    built: &Built,
    cores: &Cores,
) -> Result<Vec<Row<'a>>> {
    let mut rows: Vec<Row<'a>> = servers
        .iter()
        .map(|server| Row {
            server,
            rounds: Vec::new(),
        })
        .collect();
    let mut out = vec![false; rows.len()];
    for round in 0..options.rounds {
        for turn in 0..rows.len() {
            let at = (round + turn) % rows.len();
            if out[at] {
                continue;
            }
            let (name, server) = (scenario.name, rows[at].server.name);
            progress(&format!(
                "{name} {}/{}: {server}",
                round + 1,
                options.rounds
            ));
            let figures = one(scenario, rows[at].server, options, built, cores)?;
            out[at] = figures.is_none();
            rows[at].rounds.extend(figures);
        }
    }
    progress("");
    // A round that failed says nothing good about those before it.
    let mut out = out.into_iter();
    rows.retain(|_| out.next() == Some(false));
    Ok(rows)
}

/// A server that fails is told of; only without orcs and the baseline there is no table.
fn one(
    scenario: &Scenario,
    server: &Server,
    options: &Options,
    built: &Built,
    cores: &Cores,
) -> Result<Option<Figures>> {
    let running = Running::start(server, built, cores.server, &[])?;
    if scenario.kind == Kind::Raw && !has_raw(&running) {
        return Ok(None);
    }
    let manner = Manner {
        core: cores.generator,
        sleeping: false,
        seconds: options.seconds.unwrap_or(scenario.seconds),
    };
    match load::run(built, server, &running, scenario.load, manner) {
        Ok(figures) => Ok(Some(figures)),
        Err(Failure::Chore(problem)) if !server.is_needed() => {
            progress("");
            println!("{problem}");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

fn has_raw(running: &Running) -> bool {
    Peer::knock(running.address(), "/raw").is_ok_and(|mut peer| peer.expect_101().is_ok())
}

/// One line that is written over and over, for those who watch.
pub fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}
