//! The project's own chores: `cargo xtask CHORE`.

mod attack;
mod bench;
mod browser;
mod conformance;
mod failure;
mod listening;
mod process;
mod tally;
mod templates;
mod test;
mod tour;

use failure::{Failure, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(problem)) => {
            eprintln!("error: {problem}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Chore(problem)) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
        Err(Failure::Told) => ExitCode::FAILURE,
    }
}

fn run(words: &[&str]) -> Result {
    match words {
        [] | ["help" | "--help" | "-h"] | [_, "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        ["test", rest @ ..] => test::run(&test::Options::parse(rest)?),
        ["tour"] => tour::run(),
        ["attack", rest @ ..] => attack::run(&attack::Options::parse(rest)?),
        ["conformance", rest @ ..] => conformance::run(&conformance::Options::parse(rest)?),
        ["templates", rest @ ..] => templates::run(rest),
        ["bench", "new", rest @ ..] => bench::new::run(rest),
        ["bench", "idle", rest @ ..] => bench::idle::run(&bench::idle::Options::parse(rest)?),
        ["bench", "threads", rest @ ..] => bench::threads::run(rest),
        ["bench", "fairness", rest @ ..] => bench::fairness::run(rest),
        ["bench", "dev-loop", rest @ ..] => bench::dev_loop::run(rest),
        ["bench", "blocked", rest @ ..] => bench::blocked::run(rest),
        ["bench", rest @ ..] => bench::suite::run(&bench::options::Options::parse(rest)?),
        [word, ..] => Err(Failure::unknown(word)),
    }
}

const USAGE: &str = "\
Usage: cargo xtask CHORE

  test [--only STEP] [--keep-going]   Run everything that must pass; the last line counts the tests
                                      Steps: fmt, clippy, test, features, doc, browser, tour, conformance
  tour                                Type the README's ten minutes, from a clean clone to a chat in a browser
  attack [--only NAME]                Attack a server from outside, and print what each attack does to others
                                      NAME: a part of a test's name in tests/attacks; may be given several times
  conformance [--all]                 Run Autobahn's quick groups, or all of them
  conformance --cases 6.*,7.1.6       Run only these cases
  templates                           Renew templates/Cargo.lock, which new apps begin with, from our own
  bench [OPTIONS]                     Measure orcs beside other servers, interleaved
      --only SCENARIO                 Only this one; may be given several times
      --servers NAME,..               Only these beside the baseline, bun-loop
      --orcs-binary PATH              Also another build of benches/app, as `orcs-before`
      --rounds N --seconds S          Default: 7 rounds of what the scenario needs, mostly 3 s
      --record                        Write benches/budgets.json instead of holding orcs to it
  bench threads [OPTIONS]             Measure orcs with two worker threads against one
  bench fairness [OPTIONS]            Measure whether busy rooms wait for each other
  bench blocked [OPTIONS]             Measure what a handler that holds its thread does to others
                                      Options: --rounds, --seconds, --orcs-binary
    bench dev-loop [--rounds N]         Measure from an edit to the new server, beside `cargo build` alone
                                        Default: 15 rounds
    bench idle [--connections N]        Measure the memory of N idle connections (default: 10000)
    bench new [--release]               Measure `orcs new`, and the first builds of two new apps";

/// The repository's root, wherever the chore was called from.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask lies in the root").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_a_usage_error_that_names_them() {
        for words in [
            &["tset"][..],
            &["bench", "busy"],
            &["bench", "new", "--debug"],
            &["conformance", "--some"],
            &["attack", "--all"],
            &["templates", "--all"],
            &["test", "--fast"],
            &["bench", "idle", "--conections"],
        ] {
            let Err(Failure::Usage(problem)) = run(words) else {
                panic!("{words:?} is taken");
            };
            let unknown = words.last().expect("there are words");
            assert!(problem.contains(unknown), "{problem}");
        }
    }
}
