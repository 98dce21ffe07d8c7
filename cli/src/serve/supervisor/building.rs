//! Builds: begun, followed, given up for a newer one, and what becomes of them.

use super::cargo::{Build, Built, Diagnostic, Heard};
use super::progress::{self, Progress};
use super::{Building, End, Good, Stamp, Supervisor};
use crate::terminal::{Failure, say};
use std::collections::VecDeque;
use std::path::Path;

impl Supervisor {
    /// Builds what is there now; a build that runs is given up, for it reads older files.
    pub(super) fn begin_build(
        &mut self,
        files: Vec<String>,
        is_forced: bool,
    ) -> Result<(), Failure> {
        let mut files = files;
        let mut is_forced = is_forced;
        if let Some(given_up) = self.build.take() {
            is_forced |= given_up.is_forced;
            for file in given_up.files {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
        }
        let number = self.number();
        self.report.building(&files);
        let build = match Build::start(&self.app, self.options, number, &self.bus) {
            Ok(build) => build,
            // An update of Rust takes cargo away for a moment; what serves goes on.
            Err(failure) if self.good.is_some() => {
                self.is_broken = true;
                self.report.failed(failure.message(), &[]);
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        // Lines of an app that runs would tear the bar.
        let draws = self.is_interactive && self.current.is_none() && self.next.is_none();
        let total = progress::expected(&self.app, self.options.release);
        self.build = Some(Building {
            build,
            files,
            is_forced,
            errors: 0,
            said: VecDeque::new(),
            progress: Progress::new(total, draws),
        });
        Ok(())
    }

    pub(super) fn cargo_said(&mut self, number: u64, heard: Heard) -> Result<Option<End>, Failure> {
        let Some(building) = &mut self.build else {
            return Ok(None);
        };
        if building.build.number != number {
            return Ok(None);
        }
        match heard {
            Heard::Package(name) => building.progress.package(name),
            Heard::Blocked => {
                // `orcs new` has begun the first build by itself, and keeps what cargo says.
                let messages = self.app.root.join("target/first-build.jsonl");
                building.progress.wait_for(messages);
            }
            Heard::Line(line) => {
                if self.is_verbose {
                    building.progress.suspend(|| say!("{line}"));
                }
                // A reason is at the end.
                if building.said.len() == MOST_LINES {
                    building.said.pop_front();
                }
                building.said.push_back(line);
            }
            Heard::Diagnostic(diagnostic) => self.diagnosed(&diagnostic),
            Heard::Ended(built) => return self.build_ended(built),
        }
        Ok(None)
    }

    fn diagnosed(&mut self, diagnostic: &Diagnostic) {
        let Some(building) = &mut self.build else {
            return;
        };
        if !diagnostic.is_error {
            let is_whole = self.is_verbose;
            return self.quietly(|| self.report.warning(diagnostic, is_whole));
        }
        building.errors += 1;
        // Said aloud, it is to be taken back, even when a newer edit comes first.
        self.is_broken = true;
        let is_first = building.errors == 1;
        let then = match (&self.current, is_first) {
            (Some(_), true) => " - still serving the last good build",
            _ => "",
        };
        self.quietly(|| self.report.error(diagnostic, then));
        if is_first {
            self.show_error(&diagnostic.headline(), &diagnostic.excerpt);
        }
    }

    fn show_error(&self, headline: &str, excerpt: &[String]) {
        if let Some(reload) = &self.reload {
            reload.error(headline, excerpt);
        }
    }

    fn build_ended(&mut self, built: Option<Built>) -> Result<Option<End>, Failure> {
        let Some(building) = self.build.take() else {
            return Ok(None);
        };
        self.lock = std::fs::read(self.app.root.join("Cargo.lock")).ok();
        let Some(built) = built else {
            return self.build_failed(building);
        };
        let Some(executable) = built.executable else {
            let why = "the app has no program in src/main.rs";
            self.report.failed(why, &[]);
            self.show_error(why, &[]);
            self.is_broken = true;
            return self.give_up(why);
        };
        let took = building.build.started.elapsed();
        progress::remember(&self.app, self.options.release, building.progress.count());
        drop(building.progress);
        let is_mended = std::mem::take(&mut self.is_broken);
        if let Some(reload) = &self.reload {
            reload.ok();
        }
        let stamp = stamp(&executable);
        let path = executable.clone();
        let is_new = stamp.is_none() || self.good.as_ref().map(|good| good.stamp) != Some(stamp);
        self.report.built(took, is_new);
        let runs = self.next.is_some() || self.current.is_some();
        if is_new {
            let program = self.app.program(executable);
            self.good = Some(Good {
                program,
                stamp,
                took,
            });
        }
        if is_new || building.is_forced || !runs {
            self.move_to_settings();
            self.start_next(building.files, is_new, is_mended);
        } else if is_mended {
            self.report.note("it builds again; nothing else is new");
        }
        // After the start: the app need not wait for it.
        if let Some(watch) = &self.watch {
            watch.learn(&path);
        }
        Ok(None)
    }

    fn build_failed(&mut self, building: Building) -> Result<Option<End>, Failure> {
        let Building {
            progress,
            said,
            errors,
            files,
            is_forced,
            ..
        } = building;
        drop(progress);
        self.is_broken = true;
        if errors == 0 {
            let why = reason(&said);
            self.report.failed("cargo does not build the app", &why);
            self.show_error("cargo does not build the app", &why);
            if wants_network(&why) {
                self.report.note(
                    "crates are missing on this machine: cargo fetch, once while it is online",
                );
            }
        }
        if self.current.is_none() && self.watch.is_some() {
            self.report.note(self.waits_for());
        }
        // The settings are new, the program is not.
        if is_forced && self.good.is_some() && files.iter().any(|file| file == ".env") {
            self.restart(vec![".env".to_owned()]);
        }
        self.give_up("the app does not build; what the compiler says is above")
    }

    /// Without a watcher, nothing will mend it.
    fn give_up(&self, why: &str) -> Result<Option<End>, Failure> {
        match self.watch {
            Some(_) => Ok(None),
            None => Err(Failure::new(why)),
        }
    }

    /// What will bring the app back.
    pub(super) fn waits_for(&self) -> &'static str {
        match (&self.watch, &self.keys) {
            (Some(_), Some(_)) => "waiting for a change, or r",
            (Some(_), None) => "waiting for a change",
            (None, _) => "it stays so",
        }
    }
}

/// Cargo's own words from the first that is an error.
fn reason(said: &VecDeque<String>) -> Vec<String> {
    let first = said.iter().position(|line| line.starts_with("error"));
    said.iter().skip(first.unwrap_or(0)).cloned().collect()
}

/// Whether cargo could not get at crates. Its words differ: told to stay offline, or without
/// a network, for the list of crates or for one of them.
fn wants_network(why: &[String]) -> bool {
    let words = [
        "you're using offline mode",
        "attempting to make an HTTP request, but --offline",
        "failed to download",
        "download of config.json failed",
        "Could not resolve host",
        "network failure",
    ];
    why.iter()
        .any(|line| words.iter().any(|words| line.contains(words)))
}

/// What a program that was built anew differs in.
fn stamp(executable: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(executable).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Enough for any reason that cargo gives.
const MOST_LINES: usize = 500;
