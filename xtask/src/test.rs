//! `cargo xtask test`: everything that must pass before a change is merged.

use crate::bench::built;
use crate::browser;
use crate::conformance;
use crate::failure::{Failure, Result};
use crate::process::{cargo, find, run as run_command, run_read, works};
use crate::tally::Tally;
use crate::tour;
use std::process::Command;
use std::time::Instant;

/// Which steps run, and whether a failure ends the run.
#[derive(Debug, Default)]
pub struct Options {
    only: Vec<&'static Step>,
    keep_going: bool,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--keep-going" => options.keep_going = true,
                "--only" => {
                    let names = STEPS.each_ref().map(|step| step.name).join(", ");
                    let name = words
                        .next()
                        .ok_or_else(|| Failure::Usage(format!("`--only` needs one of {names}")))?;
                    let step = STEPS.iter().find(|step| step.name == *name);
                    options.only.push(step.ok_or_else(|| {
                        Failure::Usage(format!("no step `{name}`; there are {names}"))
                    })?);
                }
                _ => return Err(Failure::unknown(word)),
            }
        }
        Ok(options)
    }

    fn steps(&self) -> Vec<&'static Step> {
        match self.only.as_slice() {
            [] => STEPS.iter().collect(),
            only => only.to_vec(),
        }
    }
}

/// A part of the whole that can run alone.
#[derive(Debug)]
struct Step {
    name: &'static str,
    promise: &'static str,
    run: fn(&Options, &mut Tally) -> Result,
}

/// The quick ones first.
static STEPS: [Step; 8] = [
    Step {
        name: "fmt",
        promise: "the code is formatted",
        run: fmt,
    },
    Step {
        name: "clippy",
        promise: "clippy has nothing to say",
        run: clippy,
    },
    Step {
        name: "test",
        promise: "all Rust tests pass, those in the docs too",
        run: test,
    },
    Step {
        name: "features",
        promise: "tokens of other issuers are verified, with the features that bring it",
        run: features,
    },
    Step {
        name: "doc",
        promise: "the docs build without a warning",
        run: doc,
    },
    Step {
        name: "browser",
        promise: "the page works in a browser, and the documented clients in node",
        run: browser::test,
    },
    Step {
        name: "tour",
        promise: "the README's ten minutes are true, from a clean clone to a chat in a browser",
        run: tour::test,
    },
    Step {
        name: "conformance",
        promise: "Autobahn's suite finds nothing against RFC 6455",
        run: conformance::test,
    },
];

/// Runs the steps; the last line on standard output counts all tests.
pub fn run(options: &Options) -> Result {
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    for step in options.steps() {
        println!("\n== {}: {}", step.name, step.promise);
        let started = Instant::now();
        let failed_before = tally.failed;
        match (step.run)(options, &mut tally) {
            Ok(()) => println!("== {}: {:.0?}", step.name, started.elapsed()),
            Err(failure) => {
                if let Failure::Usage(problem) | Failure::Chore(problem) = failure {
                    eprintln!("error: {problem}");
                }
                // Whoever reads only the last line must not take this for a success.
                tally.failed = tally.failed.max(failed_before + 1);
                failed.push(step.name);
                if !options.keep_going {
                    break;
                }
            }
        }
    }
    if !failed.is_empty() {
        eprintln!("failed: {}", failed.join(", "));
    }
    println!("\n{tally}");
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Told)
    }
}

fn fmt(_: &Options, _: &mut Tally) -> Result {
    component("fmt", "rustfmt")?;
    run_command(&mut cargo(&["fmt", "--all", "--check"]))
        .map_err(|_| "not formatted as above; `cargo fmt --all` does it")?;
    let benches = ["--manifest-path", built::MANIFEST];
    run_command(cargo(&["fmt", "--all", "--check"]).args(benches)).map_err(|_| {
        let manifest = built::MANIFEST;
        format!("not formatted as above; `cargo fmt --all --manifest-path {manifest}` does it")
            .into()
    })
}

fn clippy(_: &Options, _: &mut Tally) -> Result {
    component("clippy", "clippy")?;
    let denied = ["--", "-D", "warnings"];
    run_command(cargo(&["clippy", "--workspace", "--all-targets"]).args(denied))?;
    // As users build it: the tests above bring the feature `testing` along.
    let library = ["clippy", "-p", "orcs-rs", "--lib", "--bins"];
    run_command(cargo(&library).args(denied))?;
    run_command(
        cargo(&library)
            .args(["--features", "asymmetric"])
            .args(denied),
    )?;
    let everything = ["clippy", "-p", "orcs-rs", "--all-targets"];
    run_command(cargo(&everything).args(["--features", "jwks"]).args(denied))?;
    match benches("clippy")? {
        Some(mut command) => run_command(command.arg("--all-targets").args(denied)),
        None => Ok(()),
    }
}

fn test(options: &Options, tally: &mut Tally) -> Result {
    let commands = [Some(cargo(&["test", "--workspace"])), benches("test")?];
    let mut commands = commands.into_iter().flatten();
    commands.try_for_each(|command| count(command, options, tally))
}

/// What the library has beside an app's usual build. The rest of it is the same code, and
/// was tested above; `jwks` brings `asymmetric`.
fn features(options: &Options, tally: &mut Tally) -> Result {
    let words = [
        "test",
        "-p",
        "orcs-rs",
        "--features",
        "jwks",
        "--lib",
        "auth::",
    ];
    count(cargo(&words), options, tally)
}

fn count(mut command: Command, options: &Options, tally: &mut Tally) -> Result {
    if options.keep_going {
        command.arg("--no-fail-fast");
    }
    run_read(&mut command, |line| tally.read_libtest(line))
}

/// A command for the benches' workspace, which shares what the root has built.
fn benches(word: &str) -> Result<Option<Command>> {
    if !cfg!(target_os = "linux") {
        println!("The benches are left out: the load generator needs Linux.");
        return Ok(None);
    }
    let mut command = cargo(&[word, "--workspace", "--manifest-path", built::MANIFEST]);
    command.arg("--target-dir").arg(built::target()?);
    Ok(Some(command))
}

fn doc(_: &Options, _: &mut Tally) -> Result {
    run_command(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Makes sure that cargo has a command which a small installation of Rust lacks.
fn component(command: &str, name: &str) -> Result {
    if works(cargo(&[command, "--version"])) {
        return Ok(());
    }
    if find("rustup").is_some() {
        return run_command(Command::new("rustup").args(["component", "add", name]));
    }
    Err(format!(
        "`cargo {command}` is missing; with rustup it comes by `rustup component add {name}`"
    )
    .into())
}
