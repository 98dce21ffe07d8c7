//! `cargo xtask bench dev-loop`: from an edit to the new server, beside what cargo alone takes.
//!
//! Two new apps of the showcase's chat, one folder each and the same dependencies. The same edit
//! is made in both by turns: in the one cargo is called, in the other `orcs serve` watches.

use crate::failure::{Failure, Result};
use crate::process::{built, cargo, run as run_command, target};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Prints the medians, and fails when `orcs serve` adds more than it may.
pub fn run(words: &[&str]) -> Result {
    let rounds = rounds(words)?;
    run_command(&mut cargo(&["build", "-p", "cargo-orcs"]))?;
    let shelf = target()?.join("dev-loop");
    _ = fs::remove_dir_all(&shelf);
    fs::create_dir_all(&shelf).map_err(|error| error.to_string())?;
    let (alone, served) = (App::new(&shelf, "alone")?, App::new(&shelf, "served")?);
    alone.build_by(|_| false)?;
    let server = Serve::start(&served)?;
    server.next("ready")?;

    let mut edits = Pair::default();
    let mut errors = Pair::default();
    // What is not cargo's: seeing the edit, starting the app, its word that it listens.
    let mut own = Vec::new();
    for round in 0..rounds {
        let (good, bad) = (
            format!("// Edit {round}.\n"),
            format!("fn e() {{ e{round} }}\n"),
        );
        alone.edit(&good)?;
        edits.alone.push(alone.build_by(|_| false)?);
        let (time, event) = server.time(&served, &good, "swapped")?;
        edits.served.push(time);
        own.push(time - event["build"].as_f64().unwrap_or_default());
        alone.edit(&bad)?;
        errors.alone.push(alone.build_by(is_error)?);
        errors.served.push(server.time(&served, &bad, "error")?.0);
    }
    println!("\nMedian of {rounds} rounds (least–most), in seconds.\n");
    println!(
        "{:<28} {:>18} {:>18} {:>8}",
        "", "cargo alone", "orcs serve", "more"
    );
    let more = edits.print("edit to new server");
    println!(
        "{:<28} {:>18} {:>18}",
        "  of it, orcs' own",
        "",
        spread(&mut own).1
    );
    let later = errors.print("edit to compile error");
    let mut missed = Vec::new();
    if more > MOST {
        missed.push(format!(
            "an edit takes {more:.3} s more than cargo alone, not {MOST} s"
        ));
    }
    if later > MOST_FOR_AN_ERROR {
        missed.push(format!(
            "a compile error is shown {later:.3} s after cargo prints it, not {MOST_FOR_AN_ERROR} s"
        ));
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Chore(missed.join("\nerror: "))),
    }
}

fn rounds(words: &[&str]) -> Result<usize> {
    match words {
        [] => Ok(15),
        ["--rounds", number] => match number.parse() {
            Ok(rounds) if rounds > 0 => Ok(rounds),
            _ => Err(Failure::Usage(format!(
                "--rounds: `{number}` is no number above 0"
            ))),
        },
        [word, ..] => Err(Failure::unknown(word)),
    }
}

/// A new app, edited at the end of the chat's routes.
struct App {
    folder: PathBuf,
    original: String,
}

impl App {
    fn new(shelf: &Path, name: &str) -> Result<Self> {
        let mut new = Command::new(built("debug", "orcs")?);
        run_command(new.args(["new", name]).current_dir(shelf))?;
        let folder = shelf.join(name);
        let original =
            fs::read_to_string(folder.join(EDITED)).map_err(|error| error.to_string())?;
        Ok(Self { folder, original })
    }

    fn edit(&self, tail: &str) -> Result {
        let text = format!("{}\n{tail}", self.original);
        fs::write(self.folder.join(EDITED), text).map_err(|error| error.to_string().into())
    }

    /// Seconds that cargo takes: to its end, or to a line that is waited for.
    fn build_by(&self, is_enough: impl Fn(&str) -> bool) -> Result<f64> {
        let start = Instant::now();
        let mut build = in_app(Command::new("cargo"), &self.folder)?
            .args(["build", "--message-format=json"])
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let lines = BufReader::new(build.stdout.take().expect("it is piped")).lines();
        let mut enough = None;
        for line in lines.map_while(std::io::Result::ok) {
            if enough.is_none() && is_enough(&line) {
                enough = Some(start.elapsed());
            }
        }
        let status = build.wait().map_err(|error| error.to_string())?;
        match (status.success(), enough) {
            (_, Some(time)) => Ok(time.as_secs_f64()),
            (true, None) => Ok(start.elapsed().as_secs_f64()),
            (false, None) => Err("cargo does not build the app".into()),
        }
    }
}

fn is_error(line: &str) -> bool {
    let message: Value = serde_json::from_str(line).unwrap_or_default();
    message["reason"] == "compiler-message" && message["message"]["level"] == "error"
}

/// `orcs serve`, which says what it does.
struct Serve {
    child: Child,
    events: Receiver<Value>,
}

impl Serve {
    fn start(app: &App) -> Result<Self> {
        let orcs = Command::new(built("debug", "orcs")?);
        let mut child = in_app(orcs, &app.folder)?
            .args(["serve", "-p", "0", "--json"])
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let (sender, events) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        thread::spawn(move || {
            for line in stdout.lines().map_while(std::io::Result::ok) {
                _ = sender.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        Ok(Self { child, events })
    }

    /// Seconds from an edit to what comes of it; the server listens when it says so.
    fn time(&self, app: &App, tail: &str, event: &str) -> Result<(f64, Value)> {
        let start = Instant::now();
        app.edit(tail)?;
        let event = self.next(event)?;
        let time = start.elapsed().as_secs_f64();
        // The description of the new one, and the end of the old, are not the next edit's.
        thread::sleep(Duration::from_secs(1));
        Ok((time, event))
    }

    fn next(&self, name: &str) -> Result<Value> {
        loop {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) if event["event"] == name => return Ok(event),
                Ok(_) => {}
                Err(_) => return Err(format!("`orcs serve` says no `{name}`").into()),
            }
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // The app ends when its supervisor does.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn in_app(mut command: Command, folder: &Path) -> Result<Command> {
    command
        .current_dir(folder)
        // Where the command's own tests have built the same dependencies.
        .env("CARGO_TARGET_DIR", target()?.join("scaffold"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    Ok(command)
}

#[derive(Default)]
struct Pair {
    alone: Vec<f64>,
    served: Vec<f64>,
}

impl Pair {
    /// Gives what `orcs serve` adds.
    fn print(&mut self, title: &str) -> f64 {
        let (alone, served) = (spread(&mut self.alone), spread(&mut self.served));
        let more = served.0 - alone.0;
        println!("{title:<28} {:>18} {:>18} {more:>8.3}", alone.1, served.1);
        more
    }
}

/// The median, and all three in words.
fn spread(seconds: &mut [f64]) -> (f64, String) {
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    let words = format!(
        "{median:.3} ({:.2}–{:.2})",
        seconds[0],
        seconds[seconds.len() - 1]
    );
    (median, words)
}

/// The file of the chat's handlers.
const EDITED: &str = "routes/websocket.rs";

/// What an edit may take more than cargo alone.
const MOST: f64 = 0.15;

/// How much later than cargo's own line an error may be shown.
const MOST_FOR_AN_ERROR: f64 = 0.2;

const PATIENCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let (median, words) = spread(&mut [0.5, 0.4, 0.9]);
        assert!((median - 0.5).abs() < f64::EPSILON);
        assert_eq!(words, "0.500 (0.40–0.90)");
    }

    #[test]
    fn rounds_are_counted_from_one() {
        assert_eq!(rounds(&["--rounds", "3"]).ok(), Some(3));
        for words in [&["--rounds", "0"][..], &["--rounds"], &["--fast"]] {
            assert!(matches!(rounds(words), Err(Failure::Usage(_))), "{words:?}");
        }
    }
}
