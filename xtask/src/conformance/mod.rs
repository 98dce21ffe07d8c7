//! `cargo xtask conformance`: the Autobahn test suite against a raw echo.

mod options;
mod python;
mod report;
mod suite;

pub use options::Options;

use crate::failure::{Failure, Result};
use crate::process;
use crate::tally::Tally;
use crate::test;
use python::Python;
use report::Report;

/// Runs the cases that were asked for. Fails if one of them is not as it should be.
pub fn run(options: &Options) -> Result {
    let Some(python) = Python::find() else {
        return Err(format!("the conformance suite {MISSING}").into());
    };
    judged(&report(&python, options)?)
}

/// A step of `cargo xtask test`: the quick groups, where they can run.
pub fn test(_: &test::Options, tally: &mut Tally) -> Result {
    let Some(python) = Python::find() else {
        println!("Left out: the conformance suite {MISSING}.");
        return Ok(());
    };
    let report = report(&python, &Options::default())?;
    tally.passed += report.passed();
    tally.failed += report.refused().len();
    judged(&report)
}

fn report(python: &Python, options: &Options) -> Result<Report> {
    let folder = process::target()?.join("conformance");
    let suite = suite::install(python, &folder)?;
    let report = suite.run(&options.cases())?;
    println!("\n{report}");
    println!("details: {}", suite.details().display());
    Ok(report)
}

fn judged(report: &Report) -> Result {
    match report.refused().len() {
        0 => Ok(()),
        1 => Err(Failure::Chore("1 case is not as it should be".into())),
        refused => Err(format!("{refused} cases are not as they should be").into()),
    }
}

const MISSING: &str = "needs a Python 2.7, as `python2.7` on PATH or from pyenv: \
                       `pyenv install 2.7.18` (https://github.com/pyenv/pyenv)";
