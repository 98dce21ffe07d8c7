//! The scenarios by name, with what each may be told.

use crate::arguments::Arguments;
use crate::closed;
use crate::failure::Result;
use crate::report::Report;
use crate::rooms::{Kind, Shape};
use crate::setup::Setup;

/// Runs one scenario.
pub fn run(name: &str, mut arguments: Arguments) -> Result<Report> {
    let setup = Setup::take(&mut arguments)?;
    match name {
        "echo" => closed_loop(&setup, Kind::Echo, arguments),
        "raw" => closed_loop(&setup, Kind::Raw, arguments),
        "rooms" => closed_loop(&setup, Kind::Room, arguments),
        _ => Err(format!("there is no scenario `{name}`; `load` tells which there are").into()),
    }
}

fn closed_loop(setup: &Setup, kind: Kind, mut arguments: Arguments) -> Result<Report> {
    let options = closed::Options {
        shape: shape(kind, &mut arguments)?,
        in_flight: arguments.count("--in-flight", 1)?,
        each_delivery: arguments.switch("--deliveries"),
    };
    arguments.finish()?;
    closed::run(setup, options)
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
