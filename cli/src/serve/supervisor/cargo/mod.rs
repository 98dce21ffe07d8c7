//! A build in the background, heard line by line, and given up when a newer edit comes.

mod diagnostic;
mod message;

pub use diagnostic::Diagnostic;

use super::event::{Bus, Event};
use crate::app::{App, cargo_call};
use crate::terminal::Failure;
use message::Message;
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a build says.
#[derive(Debug)]
pub enum Heard {
    /// One more package is there.
    Package(String),
    /// An error or a warning of the compiler.
    Diagnostic(Diagnostic),
    /// Somebody else builds in the same directory.
    Blocked,
    /// What cargo itself says, a line of its stderr.
    Line(String),
    /// The end. `None` when it failed.
    Ended(Option<Built>),
}

/// What a build has made.
#[derive(Debug)]
pub struct Built {
    /// The app's program; `None` when the app has none.
    pub executable: Option<PathBuf>,
}

/// A running build; dropping it ends it.
#[derive(Debug)]
pub struct Build {
    pub number: u64,
    pub started: Instant,
    group: Arc<Mutex<Option<Pid>>>,
}

/// What a build is to be.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub release: bool,
    /// Whether the compiler may colour what it says.
    pub colours: bool,
}

impl Build {
    pub fn start(app: &App, options: Options, number: u64, bus: &Bus) -> Result<Self, Failure> {
        let mut command = app.cargo();
        let format = match options.colours {
            true => "--message-format=json-diagnostic-rendered-ansi",
            false => "--message-format=json",
        };
        command.args(["build", format, "--color=never"]);
        if options.release {
            command.arg("--release");
        }
        let mut cargo = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|e| cargo_call::cannot_run(&e))?;
        let group = Pid::from_raw(cargo.id().cast_signed());
        let build = Self {
            number,
            started: Instant::now(),
            group: Arc::new(Mutex::new(group)),
        };
        let out = cargo.stdout.take().expect("stdout is piped");
        let err = cargo.stderr.take().expect("stderr is piped");
        let (main, group, bus) = (app.main(), Arc::clone(&build.group), bus.clone());
        thread::spawn(move || {
            let said = lines_of(err, number, bus.clone());
            let executable = follow(out, &main, number, &bus);
            let status = end(cargo, &group);
            // What cargo said last is said before the end, unless something still holds its pipe.
            _ = said.recv_timeout(GRACE);
            let is_built = status.is_ok_and(|status| status.success());
            let built = is_built.then_some(Built { executable });
            _ = bus.send(Event::Cargo(number, Heard::Ended(built)));
        });
        Ok(build)
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        if let Some(group) = *self.group.lock().unwrap_or_else(PoisonError::into_inner) {
            _ = kill_process_group(group, Signal::TERM);
        }
    }
}

/// Reads what cargo says of its work, and gives the program it has made.
fn follow(messages: impl Read, main: &Path, number: u64, bus: &Bus) -> Option<PathBuf> {
    let mut executable = None;
    let mut packages = HashSet::new();
    for line in lines(messages) {
        let heard = match Message::parse(&line) {
            Some(Message::Artifact(artifact)) => {
                if artifact.target.is_program(main) {
                    executable = artifact.executable.or(executable);
                }
                packages
                    .insert(artifact.package_id.clone())
                    .then(|| Heard::Package(message::name(&artifact.package_id)))
            }
            Some(Message::Diagnostic(diagnostic)) => {
                Diagnostic::new(diagnostic).map(Heard::Diagnostic)
            }
            // A daemon that rustc has started may hold the pipe open.
            Some(Message::Finished) => return executable,
            Some(Message::Other) | None => None,
        };
        if let Some(heard) = heard {
            _ = bus.send(Event::Cargo(number, heard));
        }
    }
    executable
}

/// Passes cargo's stderr on; the channel closes with its last line.
fn lines_of(stderr: impl Read + Send + 'static, number: u64, bus: Bus) -> Receiver<()> {
    let (sender, end) = mpsc::channel();
    thread::spawn(move || {
        let _sender = sender;
        for line in lines(stderr) {
            let heard = match line.trim_start().starts_with(BLOCKED) {
                true => Heard::Blocked,
                false => Heard::Line(line),
            };
            _ = bus.send(Event::Cargo(number, heard));
        }
    });
    end
}

/// What others print need not be UTF-8, and cargo must not be left without a reader for it.
fn lines(pipe: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
    lines.map(|line| {
        let line = String::from_utf8_lossy(&line);
        line.strip_suffix('\r').unwrap_or(&line).to_owned()
    })
}

fn end(mut cargo: Child, group: &Mutex<Option<Pid>>) -> io::Result<ExitStatus> {
    // Whoever gives the build up needs the lock only for a moment, so we ask now and then.
    loop {
        let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = cargo.try_wait()? {
            *group = None;
            return Ok(status);
        }
        drop(group);
        thread::sleep(Duration::from_millis(2));
    }
}

/// Cargo's words while another one has the build directory's lock.
const BLOCKED: &str = "Blocking waiting for file lock";

/// Cargo's last line lies in the pipe when it ends.
const GRACE: Duration = Duration::from_millis(200);

/// Counts the packages of another cargo's messages so far: a first build may have been
/// started before us.
pub fn packages(messages: &str) -> usize {
    let artifacts = messages
        .lines()
        .filter_map(|line| match Message::parse(line) {
            Some(Message::Artifact(artifact)) => Some(artifact.package_id),
            _ => None,
        });
    artifacts.collect::<HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_text_does_not_end_what_is_read() {
        let read: Vec<_> = lines(&b"one\r\n\xff\n\nlast"[..]).collect();
        assert_eq!(read, ["one", "\u{fffd}", "", "last"]);
    }
}
