//! `cargo xtask attack`: attacks on a server in a process of its own, one after another.

use crate::failure::{Failure, Result};
use crate::process::{cargo, run_quietly};
use crate::tally::Tally;
use std::fmt;

/// Which attacks run.
#[derive(Debug, Default)]
pub struct Options {
    only: Vec<String>,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match (word, words.next()) {
                ("--only", Some(name)) => options.only.push((*name).to_owned()),
                ("--only", None) => {
                    let why = "`--only` needs a part of a test's name, such as `frames` or `bomb`";
                    return Err(Failure::Usage(why.into()));
                }
                _ => return Err(Failure::unknown(word)),
            }
        }
        Ok(options)
    }
}

/// Runs the attacks, and prints what each was answered and what it cost; the last line counts
/// them.
pub fn run(options: &Options) -> Result {
    let mut tally = Tally::default();
    let mut is_telling_failures = false;
    let mut command = cargo(&["test", "--package", "orcs-rs", "--test", "attacks", "--"]);
    command.args(["--test-threads=1", "--nocapture"]);
    let ended = run_quietly(command.args(&options.only), |line| {
        tally.read_libtest(line);
        if line.starts_with("running ") {
            println!("{}", Row::HEAD);
        }
        if let Some(row) = Row::read(line) {
            println!("{row}");
        }
        // Why, the tests themselves have told on standard error.
        is_telling_failures |= line == "failures:";
        if is_telling_failures && line.starts_with("    ") {
            println!("failed: {}", line.trim());
        }
    });
    println!("\n{tally}");
    if tally == Tally::default() && ended.is_ok() {
        let names = options.only.join("` or `");
        return Err(format!("no attack has `{names}` in its test's name").into());
    }
    ended
}

/// What an attack's test tells of it.
#[derive(Debug, PartialEq)]
struct Row<'a> {
    attack: &'a str,
    answer: &'a str,
    /// The bystanders' times in milliseconds; memory in KiB; CPU time in milliseconds.
    figures: [&'a str; FIGURES],
}

impl<'a> Row<'a> {
    const HEAD: Row<'static> = Row {
        attack: "attack",
        answer: "answer",
        figures: [
            "p50 ms", "p99 ms", "max ms", "peak KiB", "kept KiB", "CPU ms",
        ],
    };

    /// `attack | oversize | 1009 | 0.3 | 0.7 | 0.8 | 548 | 548 | 20`.
    fn read(line: &'a str) -> Option<Self> {
        let mut cells = line.strip_prefix("attack | ")?.split(" | ");
        let (attack, answer) = (cells.next()?, cells.next()?);
        let figures: Vec<_> = cells.collect();
        Some(Self {
            attack,
            answer,
            figures: figures.try_into().ok()?,
        })
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<38} {:<30}", self.attack, self.answer)?;
        self.figures
            .iter()
            .try_for_each(|figure| write!(f, "{figure:>9}"))
    }
}

const FIGURES: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_test_tells_is_a_row_under_its_head() {
        let line = "attack | oversize | 1009 | 0.3 | 0.7 | 0.8 | 548 | 512 | 20";
        let row = Row::read(line).expect("a row");
        assert_eq!(row.figures, ["0.3", "0.7", "0.8", "548", "512", "20"]);
        assert_eq!(row.to_string().len(), Row::HEAD.to_string().len());
        for other in [
            "test frames::oversize ... ",
            "ok",
            "attack | oversize | 1009",
            "",
        ] {
            assert_eq!(Row::read(other), None, "{other}");
        }
    }

    #[test]
    fn several_attacks_may_be_chosen() {
        let options = Options::parse(&["--only", "frames", "--only", "bomb"]).expect("options");
        assert_eq!(options.only, ["frames", "bomb"]);
        let Err(Failure::Usage(problem)) = Options::parse(&["--only"]) else {
            panic!("nothing is chosen");
        };
        assert!(problem.contains("such as `frames`"), "{problem}");
    }
}
