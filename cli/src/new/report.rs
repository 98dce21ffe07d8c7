//! What `orcs new` says when it is done: the app, and the one command that is missing.

use super::framework::Framework;
use super::place::Place;
use crate::terminal::{Failure, answer, say, shell};
use owo_colors::OwoColorize;
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

/// An app that has just been written.
#[derive(Debug)]
pub struct Report<'a> {
    pub place: &'a Place,
    pub template: &'a str,
    /// The app's own, without a copy of the framework.
    pub files: Vec<&'a Path>,
    pub framework: &'a Framework,
    pub time: Duration,
    /// Whether this machine had built no app of this version before; `None` without a build.
    pub first_build: Option<bool>,
}

impl Report<'_> {
    /// To people, on stderr.
    pub fn say(&self) {
        let Self {
            place, template, ..
        } = self;
        let (files, time) = (self.files.len(), self.time.as_millis());
        say!(
            "  {} {} ({files} files, {template} template) in {time} ms",
            "created".green().bold(),
            place.name
        );
        let how = self
            .framework
            .origin
            .map(|origin| format!(" ({origin})      use --framework to change"));
        say!("  framework: {}{}", self.framework, how.unwrap_or_default());
        match self.first_build {
            Some(true) => say!(
                "  warming the build cache in the background (the first app on this machine: about half a minute)"
            ),
            Some(false) => say!("  building it in the background"),
            None => {}
        }
        let run = if is_on_path() {
            "orcs serve"
        } else {
            "cargo run"
        };
        match shell::quote(&place.target) {
            Some(here) if here == "." => say!("  Next:  {}", run.bold()),
            Some(path) => say!("  Next:  {}", format!("cd {path} && {run}").bold()),
            None => say!("  Next:  {} in that folder", run.bold()),
        }
    }

    /// To programs, on stdout.
    pub fn print(&self) -> Result<(), Failure> {
        let absolute = std::path::absolute(&self.place.target);
        let path = absolute.as_deref().unwrap_or(&self.place.target);
        let made = Made {
            path: path.to_string_lossy(),
            name: self.place.name.as_str(),
            template: self.template,
            files: self
                .files
                .iter()
                .map(|file| file.to_string_lossy())
                .collect(),
            framework: self.framework.source.to_string(),
            ms: self.time.as_millis(),
        };
        let line = serde_json::to_string(&made);
        answer::print(&line.map_err(|e| Failure::new(format!("cannot say it as JSON: {e}")))?)
    }
}

/// The line of `--json`.
#[derive(Serialize)]
struct Made<'a> {
    path: Cow<'a, str>,
    name: &'a str,
    template: &'a str,
    files: Vec<Cow<'a, str>>,
    framework: String,
    ms: u128,
}

/// Whether `orcs` is this very command; a registry has a stranger's of the same name.
fn is_on_path() -> bool {
    let name = format!("orcs{}", std::env::consts::EXE_SUFFIX);
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(&name))
            .find(|program| program.is_file())
    });
    let real = |path: &Path| path.canonicalize().ok();
    let own = std::env::current_exe().ok();
    found.is_some_and(|found| real(&found) == own.as_deref().and_then(real))
}
