//! What `cargo xtask bench` is told.

use super::scenario::{SCENARIOS, Scenario};
use super::server::{SERVERS, Server};
use crate::failure::{Failure, Result};
use std::path::PathBuf;
use std::str::FromStr;

/// Which scenarios and servers, and for how long.
#[derive(Debug)]
pub struct Options {
    pub scenarios: Vec<&'static Scenario>,
    pub servers: Vec<&'static Server>,
    /// Another build of the measured app, run as `orcs-before`.
    pub orcs_binary: Option<PathBuf>,
    pub rounds: usize,
    pub seconds: Option<f64>,
    /// Whether the budgets are written instead of kept.
    pub record: bool,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut value = || {
                let value = words.next().copied();
                value.ok_or_else(|| Failure::Usage(format!("`{word}` needs a value")))
            };
            match word {
                "--only" => options.scenarios.push(scenario(value()?)?),
                "--servers" => options.servers = servers(value()?)?,
                "--rounds" => options.rounds = number(word, value()?, 7)?,
                "--seconds" => options.seconds = Some(seconds(value()?)?),
                "--orcs-binary" => options.orcs_binary = Some(binary(value()?)?),
                "--record" => options.record = true,
                _ => return Err(Failure::unknown(word)),
            }
        }
        if options.scenarios.is_empty() {
            options.scenarios = SCENARIOS.iter().collect();
        }
        Ok(options)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenarios: Vec::new(),
            servers: SERVERS.iter().collect(),
            orcs_binary: None,
            rounds: 7,
            seconds: None,
            record: false,
        }
    }
}

fn scenario(name: &str) -> Result<&'static Scenario> {
    let names = || names(SCENARIOS.iter().map(|scenario| scenario.name));
    SCENARIOS
        .iter()
        .find(|scenario| scenario.name == name)
        .ok_or_else(|| Failure::Usage(format!("no scenario `{name}`; there are {}", names())))
}

/// Names with commas; the baseline always runs, because all ratios are to it.
fn servers(list: &str) -> Result<Vec<&'static Server>> {
    let all = || names(SERVERS.iter().map(|server| server.name));
    for name in list.split(',') {
        if !SERVERS.iter().any(|server| server.name == name) {
            let problem = format!("no server `{name}`; there are {}", all());
            return Err(Failure::Usage(problem));
        }
    }
    let is_chosen =
        |server: &&Server| server.is_baseline() || list.split(',').any(|name| name == server.name);
    Ok(SERVERS.iter().filter(is_chosen).collect())
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn number<T: FromStr + PartialOrd + From<u8>>(name: &str, word: &str, example: u8) -> Result<T> {
    match word.parse() {
        Ok(number) if number >= T::from(1) => Ok(number),
        _ => Err(Failure::Usage(format!(
            "`{name} {word}` is not a number from 1 on (example: {example})"
        ))),
    }
}

fn seconds(word: &str) -> Result<f64> {
    match word.parse() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err(Failure::Usage(format!(
            "`--seconds {word}` is not between 0.1 and 600 (example: 3)"
        ))),
    }
}

fn binary(path: &str) -> Result<PathBuf> {
    // The server is started in another folder.
    std::path::absolute(path)
        .ok()
        .filter(|path| path.is_file())
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`--orcs-binary {path}` is no file; a build of benches/app is needed \
                 (`cargo build --release --manifest-path benches/Cargo.toml -p app`)"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_means_everything() {
        let options = Options::parse(&[]).unwrap();
        assert_eq!(options.scenarios.len(), SCENARIOS.len());
        assert_eq!(options.servers.len(), SERVERS.len());
        assert_eq!((options.rounds, options.record), (7, false));
    }

    #[test]
    fn the_baseline_always_runs() {
        let options = Options::parse(&["--servers", "orcs", "--only", "echo"]).unwrap();
        let names: Vec<_> = options.servers.iter().map(|server| server.name).collect();
        assert_eq!(names, ["bun-loop", "orcs"]);
        assert_eq!(options.scenarios.len(), 1);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for words in [
            ["--only", "ecco"],
            ["--servers", "orcs,nginx"],
            ["--rounds", "0"],
            ["--seconds", "1h"],
            ["--orcs-binary", "no/such/file"],
        ] {
            let Err(Failure::Usage(problem)) = Options::parse(&words) else {
                panic!("{words:?} is taken");
            };
            let named = words[1].rsplit(',').next().unwrap();
            assert!(problem.contains(named), "{problem}");
        }
    }
}
