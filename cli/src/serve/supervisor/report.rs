//! What `orcs serve` says: lines for who watches, and with `--json` an object for who counts.

use super::cargo::Diagnostic;
use crate::terminal::{answer, insist, say, shell};
use owo_colors::OwoColorize;
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, SystemTime};

/// Says what happens.
#[derive(Debug)]
pub struct Report {
    pub json: bool,
}

impl Report {
    pub fn building(&self, files: &[String]) {
        self.event(&json!({ "event": "building", "files": files }));
    }

    pub fn built(&self, took: Duration, is_new: bool) {
        self.event(&json!({ "event": "built", "seconds": seconds(took), "new": is_new }));
    }

    /// `then` tells what goes on in spite of it.
    pub fn error(&self, error: &Diagnostic, then: &str) {
        let place = error.place.as_ref();
        self.event(&json!({
            "event": "error",
            "file": place.map(|place| &place.file),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "message": error.message,
            "excerpt": plain(&error.excerpt),
        }));
        let headline = error.headline();
        insist!("  {} {} {headline}{then}", now(), "x".red().bold());
        excerpt(&error.excerpt);
    }

    pub fn warning(&self, warning: &Diagnostic, is_whole: bool) {
        say!("  {} {} {}", now(), "!".yellow().bold(), warning.headline());
        if is_whole {
            excerpt(&warning.excerpt);
        }
    }

    /// Something failed that is not of the compiler; `lines` say more.
    pub fn failed(&self, what: &str, lines: &[String]) {
        self.event(&json!({
            "event": "error",
            "file": null,
            "line": null,
            "column": null,
            "message": what,
            "excerpt": plain(lines),
        }));
        insist!("  {} {} {what}", now(), "x".red().bold());
        excerpt(lines);
    }

    /// The first generation listens.
    pub fn ready(&self, took: Duration, port: u16, pid: u32) {
        let event = json!({ "event": "ready", "seconds": seconds(took), "port": port, "pid": pid });
        self.event(&event);
        say!("  ready in {}", time(took));
    }

    /// A new build has taken over.
    pub fn swapped(
        &self,
        files: &[String],
        build: Duration,
        swap: Duration,
        mended: bool,
        pid: u32,
    ) {
        self.event(&json!({
            "event": "swapped",
            "files": files,
            "build": seconds(build),
            "swap": seconds(swap),
            "mended": mended,
            "pid": pid,
        }));
        let mended = if mended { "  mended" } else { "" };
        say!(
            "  {} {} {}{mended}  build {}  swap {}",
            now(),
            "~".green().bold(),
            listing(files),
            time(build),
            time(swap)
        );
    }

    /// The same build runs again, with other settings or because it was asked for.
    pub fn restarted(&self, files: &[String], took: Duration, pid: u32) {
        self.event(
            &json!({ "event": "restarted", "files": files, "seconds": seconds(took), "pid": pid }),
        );
        let mark = "~".green();
        say!(
            "  {} {} {}  restart {}",
            now(),
            mark.bold(),
            listing(files),
            time(took)
        );
    }

    /// Pages were told to load again.
    pub fn reloaded(&self, files: &[String]) {
        self.event(&json!({ "event": "reloaded", "files": files }));
        let mark = "~".green();
        say!("  {} {} {}  reload", now(), mark.bold(), listing(files));
    }

    /// The app has ended by itself.
    pub fn exited(&self, status: ExitStatus, what: &str, then: &str) {
        let signal = status.signal();
        self.event(&json!({ "event": "exited", "status": status.code(), "signal": signal }));
        insist!(
            "  {} {} {what} ({status}) - {then}",
            now(),
            "x".red().bold()
        );
    }

    /// A word on the side.
    pub fn note(&self, words: &str) {
        say!("  {} {} {words}", now(), "-".dimmed());
    }

    fn event(&self, event: &Value) {
        if self.json {
            // Who does not read any more is no reason to stop the app.
            _ = answer::print(&event.to_string());
        }
    }
}

/// What the compiler draws, below the words of its headline.
fn excerpt(lines: &[String]) {
    for line in lines {
        insist!("           {line}");
    }
}

fn plain(lines: &[String]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| anstream::adapter::strip_str(line).to_string())
        .collect();
    lines.join("\n")
}

/// Files as one walks from the app's folder to them.
pub fn names<'a>(root: &Path, files: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
    let name = |file: &'a Path| {
        let own = own_place(file);
        match own.strip_prefix(root) {
            // All of them: some word of the system's was lost.
            Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
            rest => shell::visible(rest.unwrap_or(file)),
        }
    };
    files.into_iter().map(name).collect()
}

/// A folder that links lead to is watched once, under any of its names; shown is its own.
fn own_place(file: &Path) -> PathBuf {
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, file.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => file.to_owned(),
    }
}

fn listing(files: &[String]) -> String {
    match files {
        [] => "asked for".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one}, {other}"),
        [one, others @ ..] => format!("{one} and {} more", others.len()),
    }
}

/// The time of day in UTC, as the app's own log has it.
fn now() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let time = &now[11..19];
    time.dimmed().to_string()
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 10.0 => format!("{seconds:.2}s"),
        seconds => format!("{seconds:.1}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_files_is_one_line() {
        let files = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(listing(&files(&["src/main.rs"])), "src/main.rs");
        assert_eq!(listing(&files(&["a", "b"])), "a, b");
        assert_eq!(listing(&files(&["a", "b", "c"])), "a and 2 more");
    }

    #[test]
    fn a_file_behind_a_link_is_named_by_its_own_place() {
        let app = tempfile::tempdir().unwrap();
        let root = app.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("routes")).unwrap();
        std::os::unix::fs::symlink("routes", root.join("link")).unwrap();
        let (gone, here) = (root.join("link/chat.rs"), root.join("routes/chat.rs"));
        assert_eq!(names(&root, [&*gone, &*here]), ["routes/chat.rs"; 2]);
    }

    #[test]
    fn a_file_cannot_steer_the_terminal() {
        let root = Path::new("/app");
        let files = ["/app/src/a\u{1b}[2J.rs", "/lib/b.rs", "/app"].map(Path::new);
        assert_eq!(names(root, files), [r"src/a\u{1b}[2J.rs", "/lib/b.rs", "."]);
    }
}
