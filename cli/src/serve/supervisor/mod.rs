//! Keeps the app running while it is edited: builds beside it, and exchanges it when the new
//! one listens. One loop hears of everything; threads beside it only tell.

mod browser;
mod building;
mod cargo;
mod estimate;
mod event;
mod generation;
mod keyboard;
mod keys;
mod listeners;
mod progress;
mod ready;
mod reload;
mod report;
mod running;
mod settings;
mod signals;
mod stopping;
mod taken;
mod walked;
mod watch;

use super::Args;
use crate::app::{App, Program};
use crate::terminal::{Failure, is_interactive, mode, say};
use event::{Bus, Event, Events};
use generation::Generation;
use keys::Keys;
use listeners::{Listeners, Place};
use owo_colors::OwoColorize;
use progress::Progress;
use reload::Reload;
use report::Report;
use settings::Asked;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};
use watch::{Changes, Watch};

/// Runs until it is told to stop; gives the exit code.
pub fn run(app: App, args: &Args) -> Result<i32, Failure> {
    let (bus, events) = mpsc::channel();
    let mut supervisor = Supervisor::new(app, args, bus)?;
    let end = supervisor.supervise(&events)?;
    Ok(supervisor.stop(end, &events))
}

struct Supervisor {
    app: App,
    asked: Asked,
    settings: Vec<(&'static str, OsString)>,
    args: Vec<OsString>,
    options: cargo::Options,
    /// Whether somebody sits there: colours that move, keys.
    is_interactive: bool,
    opens_page: bool,
    report: Report,
    bus: Bus,
    /// Held for its end: it gives the terminal back.
    keys: Option<Keys>,
    watch: Option<Watch>,
    reload: Option<Reload>,

    /// Where the next generation is to listen.
    listeners: Arc<Listeners>,
    /// Where the settings wanted it when they were last acted on.
    place_asked: Option<Place>,
    /// Told of by the app itself, and acted on once.
    place_told: Option<Place>,
    /// Builds and generations, counted together.
    count: u64,
    build: Option<Building>,
    /// The last program that was built.
    good: Option<Good>,
    /// Whether the sources as they are do not build.
    is_broken: bool,
    current: Option<Running>,
    /// Started, and not listening yet.
    next: Option<Running>,
    /// Told to stop, and by when at the latest.
    old: Vec<(Generation, Instant)>,
    /// Changes that wait for the end of a pause or of a build.
    waiting: Changes,
    is_paused: bool,
    is_verbose: bool,
    /// Whether the app has ever listened.
    was_ready: bool,
    /// Where the app said it is, as it was last shown.
    announced: Vec<String>,
    began: Instant,
    lock: Option<Vec<u8>>,
}

/// A build, and what it is for.
struct Building {
    build: cargo::Build,
    files: Vec<String>,
    /// Whether the app is to be started again even if nothing is new.
    is_forced: bool,
    errors: usize,
    /// What cargo itself has said: the reason, when no error of the compiler is.
    said: VecDeque<String>,
    progress: Progress,
}

/// A program that was built, and how it can be told from a later one.
struct Good {
    program: Program,
    stamp: Option<Stamp>,
    took: Duration,
}

type Stamp = (SystemTime, u64);

/// A generation of the app, and why it was started.
struct Running {
    generation: Generation,
    /// Its sockets stay open as long as it runs.
    listeners: Arc<Listeners>,
    program: Program,
    files: Vec<String>,
    is_new_build: bool,
    is_mended: bool,
    /// Whether it was said that it takes long.
    is_awaited: bool,
}

/// Why the loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Ctrl-C, or `q`.
    Asked { by_signal: bool },
    /// SIGTERM, Ctrl-\, or the terminal was closed.
    Terminated,
    /// The app has ended, and nobody watches for a change.
    App(i32),
}

impl Supervisor {
    fn new(app: App, args: &Args, bus: Bus) -> Result<Self, Failure> {
        let asked = Asked::of(args);
        let place_asked = asked.place();
        let place = place_asked.clone().unwrap_or_else(|| {
            // The app itself will say what is wrong with its settings.
            Place::new(None, args.port.unwrap_or(USUAL_PORT))
        });
        // First of all: a port that is taken is told before anything is built.
        let listeners = Arc::new(Listeners::bind(place)?);
        signals::listen(bus.clone())?;
        let target = progress::target(&app);
        let watch = match args.no_watch {
            true => None,
            false => Some(Watch::start(&app, &target, bus.clone())?),
        };
        let reload = match args.no_watch {
            true => None,
            false => Some(start_reload(&target, &listeners)?),
        };
        let is_interactive = is_interactive();
        let keys = is_interactive.then(|| Keys::listen(bus.clone())).flatten();
        Ok(Self {
            asked,
            settings: args.settings(),
            args: args.args.clone(),
            options: cargo::Options {
                release: args.release,
                colours: has_colours(),
            },
            is_interactive,
            opens_page: args.open,
            report: Report { json: args.json },
            bus,
            keys,
            watch,
            reload,
            listeners,
            place_asked,
            place_told: None,
            count: 0,
            build: None,
            good: None,
            is_broken: false,
            current: None,
            next: None,
            old: Vec::new(),
            waiting: Changes::default(),
            is_paused: false,
            is_verbose: mode::is_verbose(),
            was_ready: false,
            announced: Vec::new(),
            began: Instant::now(),
            lock: None,
            app,
        })
    }

    fn supervise(&mut self, events: &Events) -> Result<End, Failure> {
        let version = env!("CARGO_PKG_VERSION");
        say!("  {} {version}  {}", "orcs".bold(), "dev".dimmed());
        self.begin_build(Vec::new(), false)?;
        loop {
            let event = match events.recv_timeout(self.rest()) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => {
                    self.tick();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(End::Terminated),
            };
            if let Some(end) = self.hear(event)? {
                return Ok(end);
            }
        }
    }

    fn hear(&mut self, event: Event) -> Result<Option<End>, Failure> {
        match event {
            Event::Changed(changes) => self.changed(changes)?,
            Event::Cargo(number, heard) => return self.cargo_said(number, heard),
            Event::Ready(number) => self.ready(number),
            Event::Exited(number, status) => return Ok(self.exited(number, status)),
            Event::Described(number, description) => self.described(number, *description),
            Event::Key(key) => return self.key(key),
            Event::Signal(signal) => return Ok(self.signal(signal)),
        }
        Ok(None)
    }

    /// How long nothing needs to be looked at.
    fn rest(&self) -> Duration {
        match self.build.is_some() || self.next.is_some() || !self.old.is_empty() {
            true => Duration::from_millis(100),
            false => Duration::from_secs(3600),
        }
    }

    fn tick(&mut self) {
        if let Some(building) = &mut self.build {
            building.progress.tick();
        }
        self.ask_who_is_late();
        self.kill_who_is_late();
    }

    /// Sorts what has changed: the program, its settings, or only what it serves.
    fn changed(&mut self, changes: Changes) -> Result<(), Failure> {
        self.waiting.merge(changes);
        match self.is_paused {
            true => Ok(()),
            false => self.act_on_changes(),
        }
    }

    fn act_on_changes(&mut self) -> Result<(), Failure> {
        let changes = std::mem::take(&mut self.waiting);
        if !changes.pages.is_empty() {
            self.reload_pages(&changes);
        }
        let lock = self.app.root.join("Cargo.lock");
        // Cargo itself completes it during a build.
        let is_own = changes.sources.iter().eq([&lock])
            && (self.build.is_some() || self.lock == std::fs::read(lock).ok());
        if !changes.sources.is_empty() && !is_own {
            let mut files = self.names(changes.sources.iter().map(|file| &**file));
            if changes.env {
                files.push(".env".to_owned());
            }
            return self.begin_build(files, changes.env);
        }
        if changes.env {
            match &mut self.build {
                Some(building) => building.is_forced = true,
                None => self.restart(vec![".env".to_owned()]),
            }
        }
        Ok(())
    }

    fn reload_pages(&self, changes: &Changes) {
        if let Some(reload) = &self.reload {
            reload.reload();
            let files = self.names(changes.pages.iter().map(|file| &**file));
            self.quietly(|| self.report.reloaded(&files));
        }
    }

    fn names<'a>(&self, files: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
        report::names(&self.app.root, files)
    }

    /// Prints with the bar out of the way.
    fn quietly(&self, print: impl FnOnce()) {
        match &self.build {
            Some(building) => building.progress.suspend(print),
            None => print(),
        }
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

/// The event stream, on a port that is remembered beside what is built.
fn start_reload(target: &Path, listeners: &Listeners) -> Result<Reload, Failure> {
    let memory = target.join(".orcs-reload-port");
    let last = std::fs::read_to_string(&memory).unwrap_or_default();
    let reload = Reload::start(&listeners.place.hosts, last.trim().parse().ok())?;
    // Where nothing was built yet, no page is open either.
    _ = std::fs::write(&memory, reload.port.to_string());
    Ok(reload)
}

/// Whether what is said may be coloured, decided as for our own words.
fn has_colours() -> bool {
    anstream::stderr().current_choice() != anstream::ColorChoice::Never
}

/// The library's own.
const USUAL_PORT: u16 = 42069;
