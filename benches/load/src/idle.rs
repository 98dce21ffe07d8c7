//! What the server's memory grows by for each connection that says nothing.

use crate::arguments::Arguments;
use crate::drive::turn_for;
use crate::failure::Result;
use crate::report::Report;
use crate::rooms::join;
use crate::setup::Setup;
use crate::swarm::{Script, Swarm};
use std::time::{Duration, Instant};

/// How many, and in rooms of how many.
#[derive(Debug)]
pub struct Options {
    connections: usize,
    rooms_of: usize,
}

impl Options {
    pub fn take(arguments: &mut Arguments) -> Result<Self> {
        Ok(Self {
            connections: arguments.count("--connections", 10_000)?,
            rooms_of: arguments.count("--rooms-of", 10)?,
        })
    }
}

/// Opens the connections, puts them into rooms, and reads the server's resident memory.
pub fn run(setup: &Setup, options: &Options) -> Result<Report> {
    // Code that runs for the first time and buffers of threads are the process's, not a
    // connection's: the first hundred bring them in and are not counted.
    let mut first = settle_in(setup, FIRST, options.rooms_of)?;
    let before = quiet_bytes(setup, &mut first)?;
    let began = Instant::now();
    let mut swarm = settle_in(setup, options.connections, options.rooms_of)?;
    let opened = began.elapsed();
    let after = quiet_bytes(setup, &mut swarm)?;
    let each = after.saturating_sub(before) as f64 / options.connections as f64;

    let mut report = Report::default();
    report.tell("connections", options.connections as f64);
    report.tell("seconds", opened.as_secs_f64());
    report.tell("bytes_before", before as f64);
    report.tell("bytes_after", after as f64);
    report.tell("bytes_per_connection", each);
    Ok(report)
}

/// Connects, and joins rooms of so many.
fn settle_in(setup: &Setup, connections: usize, rooms_of: usize) -> Result<Swarm> {
    let mut swarm = Swarm::connect(setup, "/ws/room", connections)?;
    join(&mut swarm, setup.dialect, connections, rooms_of)?;
    Ok(swarm)
}

/// Resident memory once it has stopped changing, or after some seconds: a garbage
/// collector may never come to rest.
fn quiet_bytes(setup: &Setup, swarm: &mut Swarm) -> Result<u64> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = (setup.server_resident_bytes()?, Instant::now());
    while last.1.elapsed() < QUIET && Instant::now() < deadline {
        turn_for(Duration::from_millis(50), swarm, &mut Silence)?;
        let bytes = setup.server_resident_bytes()?;
        if bytes != last.0 {
            last = (bytes, Instant::now());
        }
    }
    Ok(last.0)
}

struct Silence;

impl Script for Silence {
    fn text(&mut self, from: usize, text: &[u8], _: Instant, _: &mut Vec<u8>) -> Result {
        let text = String::from_utf8_lossy(text);
        Err(format!("client {from} got {text:?} while nobody spoke").into())
    }
}

const FIRST: usize = 100;
const QUIET: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(10);
