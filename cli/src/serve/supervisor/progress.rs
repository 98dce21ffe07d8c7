//! How far a build is: a bar in a terminal, a line now and then elsewhere.

use super::{cargo, estimate};
use crate::app::App;
use crate::terminal::say;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The packages of one build, counted.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    draws: bool,
    total: usize,
    /// Packages so far, ours or those of the cargo that we wait for.
    count: usize,
    latest: String,
    started: Instant,
    next_line: Duration,
    /// What the cargo that `orcs new` has started writes down.
    other: Option<PathBuf>,
}

impl Progress {
    /// `draws` is false where lines of others come between, or nobody watches.
    pub fn new(total: usize, draws: bool) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(total as u64),
            match draws {
                true => ProgressDrawTarget::stderr_with_hz(10),
                false => ProgressDrawTarget::hidden(),
            },
        );
        let style = "  {prefix} {pos}/{len} [{bar:22}] {msg:24!} {elapsed:>4}";
        bar.set_style(
            ProgressStyle::with_template(style)
                .expect("the template is ours")
                .progress_chars("=> "),
        );
        bar.set_prefix("Building");
        Self {
            bar,
            draws,
            total,
            count: 0,
            latest: String::new(),
            started: Instant::now(),
            next_line: FIRST_LINE,
            other: None,
        }
    }

    /// One more is there.
    pub fn package(&mut self, name: String) {
        if self.other.take().is_some() {
            self.count = 0;
            self.bar.set_prefix("Building");
        }
        self.latest = name;
        self.set(self.count + 1);
    }

    /// Somebody else builds in our directory: it is his packages that come now.
    pub fn wait_for(&mut self, messages: PathBuf) {
        self.bar.set_prefix("Waiting for another build:");
        self.other = Some(messages);
        self.tick();
    }

    /// Called a few times a second.
    pub fn tick(&mut self) {
        if let Some(other) = &self.other {
            let messages = fs::read_to_string(other).unwrap_or_default();
            self.set(cargo::packages(&messages));
        }
        self.bar.tick();
        if !self.draws && self.started.elapsed() > self.next_line {
            let what = match self.other {
                Some(_) => "waiting for another build",
                None => "building",
            };
            let seconds = self.started.elapsed().as_secs();
            let counted = match self.total {
                // There is no lock file yet to count by.
                0 => String::new(),
                total => format!(" {}/{total}", self.count),
            };
            say!("  {what}{counted} {} {seconds}s", self.latest);
            self.next_line = self.started.elapsed() + NEXT_LINE;
        }
    }

    /// Runs what prints lines, with the bar out of its way.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    pub fn count(&self) -> usize {
        self.count
    }

    fn set(&mut self, count: usize) {
        self.count = count;
        // An estimate may have been too low.
        self.total = self.total.max(count);
        self.bar.set_length(self.total as u64);
        self.bar.set_position(count as u64);
        self.bar.set_message(self.latest.clone());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How many packages a build has: what the last one had, else what the app asks for.
pub fn expected(app: &App, release: bool) -> usize {
    let remembered = fs::read_to_string(memory(app, release)).ok();
    let remembered = remembered.and_then(|text| text.trim().parse().ok());
    remembered.unwrap_or_else(|| {
        let read = |name| fs::read_to_string(app.root.join(name)).unwrap_or_default();
        estimate::packages(&read("Cargo.toml"), &read("Cargo.lock"))
    })
}

/// For the next build's bar; that it cannot be written is nobody's trouble.
pub fn remember(app: &App, release: bool, packages: usize) {
    _ = fs::write(memory(app, release), packages.to_string());
}

fn memory(app: &App, release: bool) -> PathBuf {
    let profile = if release { "release" } else { "debug" };
    target(app).join(profile).join(".orcs-packages")
}

/// Where cargo puts what it builds, unless a configuration of its own says otherwise.
pub fn target(app: &App) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => app.root.join(target),
        None => app.root.join("target"),
    }
}

/// An ordinary rebuild is done before it.
const FIRST_LINE: Duration = Duration::from_secs(2);
const NEXT_LINE: Duration = Duration::from_secs(10);
