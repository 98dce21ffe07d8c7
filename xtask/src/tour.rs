//! `cargo xtask tour`: the README's ten minutes, typed by a script.

use crate::browser::{chromium, node, packages};
use crate::failure::Result;
use crate::process::{run_read, target};
use crate::tally::Tally;
use crate::test::Options;
use std::process::Command;

/// Takes the tour in a copy of the tree, as it would be cloned.
pub fn test(_: &Options, tally: &mut Tally) -> Result {
    let tests = crate::root().join("tests/browser");
    node()?;
    packages(&tests)?;
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=spec", "tour.mjs"])
        .current_dir(&tests)
        .env("CHROMIUM", chromium()?)
        .env("ORCS_TOUR", target()?.join("tour"));
    run_read(&mut command, |line| tally.read_node(line))
}

pub fn run() -> Result {
    test(&Options::default(), &mut Tally::default())
}
