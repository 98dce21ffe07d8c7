//! Generations of the app: the next one is started beside the one that serves, and takes over
//! when it listens.

use super::super::announce;
use super::event::Event;
use super::generation::{Generation, Start};
use super::listeners::{Listeners, Place};
use super::{End, Running, Supervisor};
use super::{browser, settings};
use crate::app::Description;
use crate::terminal::say;
use owo_colors::OwoColorize;
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

impl Supervisor {
    /// The last good program again, with settings that are new, or because it was asked for.
    pub(super) fn restart(&mut self, files: Vec<String>) {
        self.move_to_settings();
        self.start_next(files, false, false);
    }

    pub(super) fn start_next(&mut self, files: Vec<String>, is_new_build: bool, is_mended: bool) {
        let Some(good) = &self.good else {
            return;
        };
        let program = good.program.clone();
        // One that does not serve yet will never: it is older than this.
        if let Some(next) = self.next.take() {
            next.generation.signal(Signal::KILL);
            self.old.push((next.generation, Instant::now()));
        }
        let number = self.number();
        let started = Generation::start(
            number,
            &Start {
                program: &program,
                settings: &self.settings,
                args: &self.args,
                listeners: &self.listeners,
                reload: self.reload.as_ref().map(|reload| reload.port),
                is_quiet_on_stdout: self.report.json,
            },
            &self.bus,
        );
        match started {
            Ok(generation) => {
                self.next = Some(Running {
                    generation,
                    listeners: Arc::clone(&self.listeners),
                    program,
                    files,
                    is_new_build,
                    is_mended,
                    is_awaited: false,
                });
            }
            Err(error) => {
                let why = format!("the app cannot be started: {error}");
                self.report.failed(&why, &[]);
            }
        }
    }

    /// The next generation serves from here on, and the one before it stops.
    pub(super) fn ready(&mut self, number: u64) {
        let Some(next) = self.next.take_if(|next| next.generation.number == number) else {
            return;
        };
        let (took, pid) = (next.generation.started.elapsed(), next.generation.pid);
        if let Some(before) = self.current.take() {
            before.generation.signal(Signal::TERM);
            let deadline = Instant::now() + settings::patience();
            self.old.push((before.generation, deadline));
        }
        let build = self.good.as_ref().map_or(Duration::ZERO, |good| good.took);
        let was_ready = std::mem::replace(&mut self.was_ready, true);
        let report = &self.report;
        self.quietly(|| match (was_ready, next.is_new_build) {
            (false, _) => report.ready(self.began.elapsed(), next.listeners.port, pid),
            (true, true) => report.swapped(&next.files, build, took, next.is_mended, pid),
            (true, false) => report.restarted(&next.files, took, pid),
        });
        self.ask_what_it_is(&next);
        self.current = Some(next);
    }

    /// Asked beside the loop and after the exchange: nobody waits for the answer.
    fn ask_what_it_is(&self, running: &Running) {
        let (number, bus) = (running.generation.number, self.bus.clone());
        let (program, settings) = (running.program.clone(), self.settings.clone());
        thread::spawn(move || {
            if let Ok((description, _)) = program.describe(&settings) {
                _ = bus.send(Event::Described(number, Box::new(description)));
            }
        });
    }

    pub(super) fn described(&mut self, number: u64, description: Description) {
        let Some(current) = &self.current else {
            return;
        };
        if current.generation.number != number {
            return;
        }
        let place = self.asked.place_of(&description);
        let mut description = description;
        description.port = current.listeners.port;
        let lines = announce::lines(&description);
        if place != self.listeners.place && self.place_told.as_ref() != Some(&place) {
            self.place_told = Some(place.clone());
            if self.move_to(place) {
                return self.start_next(vec!["config".to_owned()], false, false);
            }
        }
        if lines != self.announced {
            self.quietly(|| self.announce(&description, &lines));
            let is_first = self.announced.is_empty();
            self.announced = lines;
            if is_first && self.opens_page {
                self.open_page();
            }
        }
    }

    fn announce(&self, app: &Description, lines: &[String]) {
        if self.announced.is_empty() {
            say!("  {}", app.name.bold());
        }
        for line in lines {
            say!("    {line}");
        }
        if self.announced.is_empty() {
            let watching = match &self.watch {
                Some(watch) => format!("watching {} .env  ", watch.folders().join(" ")),
                None => String::new(),
            };
            match &self.keys {
                Some(_) => say!("  {watching}{}", super::keyboard::KEYS.dimmed()),
                None => say!("  {watching}stop with Ctrl-C"),
            }
        }
    }

    pub(super) fn open_page(&self) {
        let port = self
            .current
            .as_ref()
            .map_or(self.listeners.port, |current| current.listeners.port);
        let page = self
            .announced
            .first()
            .and_then(|line| line.split_whitespace().nth(1));
        let url = page.map_or_else(|| format!("http://localhost:{port}/"), str::to_owned);
        let words = match browser::open(&url) {
            true => format!("opened {url}"),
            false => format!("no browser found; the page is {url}"),
        };
        self.quietly(|| self.report.note(&words));
    }

    /// Whoever ended was killed, has crashed, or has had enough.
    pub(super) fn exited(&mut self, number: u64, status: ExitStatus) -> Option<End> {
        self.old.retain(|(old, _)| old.number != number);
        let is_next = self
            .next
            .take_if(|next| next.generation.number == number)
            .is_some();
        let is_current = self
            .current
            .take_if(|current| current.generation.number == number)
            .is_some();
        if !is_next && !is_current {
            return None;
        }
        if self.watch.is_none() && self.current.is_none() {
            return Some(End::App(code(status)));
        }
        let what = match is_next {
            true => "the app does not start",
            false => "the app has ended",
        };
        let then = match (&self.current, &self.next) {
            (Some(_), _) => "still serving the last good build",
            (None, Some(_)) => "the next one is on its way",
            (None, None) => self.waits_for(),
        };
        self.quietly(|| self.report.exited(status, what, then));
        None
    }

    /// A program that never says that it listens would be waited for in silence.
    pub(super) fn ask_who_is_late(&mut self) {
        let Some(next) = &mut self.next else {
            return;
        };
        if !next.is_awaited && next.generation.started.elapsed() > LONG_START {
            next.is_awaited = true;
            let words =
                "the app has not said yet that it listens; does `main` come to `orcs::serve`?";
            self.quietly(|| self.report.note(words));
        }
    }

    pub(super) fn kill_who_is_late(&mut self) {
        let now = Instant::now();
        for (old, deadline) in &self.old {
            if *deadline < now {
                old.signal(Signal::KILL);
            }
        }
    }

    /// Listens where the settings say now, if they say something new: the app's own code may
    /// have overruled what they said before. Where that cannot be, all stays as it is.
    pub(super) fn move_to_settings(&mut self) {
        let Some(place) = self.asked.place() else {
            return;
        };
        if self.place_asked.as_ref() == Some(&place) {
            return;
        }
        if place == self.listeners.place || self.move_to(place.clone()) {
            self.place_asked = Some(place);
            self.place_told = None;
        }
    }

    fn move_to(&mut self, place: Place) -> bool {
        match Listeners::bind(place) {
            Ok(listeners) => {
                self.listeners = Arc::new(listeners);
                true
            }
            Err(failure) => {
                self.quietly(|| _ = failure.report());
                false
            }
        }
    }
}

/// As a shell tells it.
fn code(status: ExitStatus) -> i32 {
    let by_signal = || status.signal().map(|signal| 128 + signal);
    status.code().or_else(by_signal).unwrap_or(1)
}

/// Longer than any start that does nothing but start.
const LONG_START: Duration = Duration::from_secs(10);
