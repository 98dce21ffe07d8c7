//! The scenarios by name, with what each may be told.

use crate::arguments::Arguments;
use crate::closed;
use crate::connect;
use crate::failure::Result;
use crate::idle;
use crate::open::{self, Blocker};
use crate::report::Report;
use crate::rooms::{Kind, Shape};
use crate::setup::Setup;
use std::time::Duration;

/// Runs one scenario.
pub fn run(name: &str, mut arguments: Arguments) -> Result<Report> {
    let setup = Setup::take(&mut arguments)?;
    match name {
        "echo" => closed_loop(&setup, Kind::Echo, arguments),
        "raw" => closed_loop(&setup, Kind::Raw, arguments),
        "rooms" => closed_loop(&setup, Kind::Room, arguments),
        "rate" => open_loop(&setup, Kind::Echo, arguments),
        "paced" => open_loop(&setup, Kind::Room, arguments),
        "connect" => {
            let options = connect::Options::take(&mut arguments)?;
            arguments.finish()?;
            connect::run(&setup, &options)
        }
        "idle" => {
            let options = idle::Options::take(&mut arguments)?;
            arguments.finish()?;
            idle::run(&setup, &options)
        }
        _ => Err(format!("there is no scenario `{name}`; `load` tells which there are").into()),
    }
}

fn closed_loop(setup: &Setup, kind: Kind, mut arguments: Arguments) -> Result<Report> {
    let options = closed::Options {
        shape: shape(kind, &mut arguments)?,
        in_flight: arguments.count("--in-flight", 1)?,
        to_last: arguments.switch("--to-last"),
    };
    arguments.finish()?;
    closed::run(setup, options)
}

fn open_loop(setup: &Setup, kind: Kind, mut arguments: Arguments) -> Result<Report> {
    let options = open::Options {
        shape: shape(kind, &mut arguments)?,
        rate: rate(&mut arguments)?,
        to_last: arguments.switch("--to-last"),
        blocker: blocker(&mut arguments)?,
    };
    arguments.finish()?;
    open::run(setup, options)
}

fn rate(arguments: &mut Arguments) -> Result<f64> {
    let rate = arguments.or("--rate", 10_000.0)?;
    match (1.0..=10_000_000.0).contains(&rate) {
        true => Ok(rate),
        false => Err(format!("`--rate {rate}` is not between 1 and 10000000 a second").into()),
    }
}

fn blocker(arguments: &mut Arguments) -> Result<Option<Blocker>> {
    let every = arguments.or("--block-every-ms", 200)?;
    let late = arguments.or("--late-ms", 10)?;
    let milliseconds: Option<u64> = arguments.optional("--block-ms")?;
    Ok(milliseconds.map(|milliseconds| Blocker {
        milliseconds,
        every: Duration::from_millis(every),
        late: Duration::from_millis(late),
    }))
}

fn shape(kind: Kind, arguments: &mut Arguments) -> Result<Shape> {
    let bytes = arguments.count("--bytes", 64)?;
    if kind != Kind::Room {
        return Ok(Shape {
            kind,
            rooms: arguments.count("--connections", 100)?,
            members: 1,
            senders: 1,
            bytes,
        });
    }
    let members = arguments.count("--members", 10)?;
    Ok(Shape {
        kind,
        rooms: arguments.count("--rooms", 1)?,
        members,
        senders: arguments.count("--senders", members)?,
        bytes,
    })
}
