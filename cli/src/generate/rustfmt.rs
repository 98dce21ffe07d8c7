//! The layout of what was written, by rustfmt itself where it is there.

use crate::app::App;
use std::io::Write;
use std::process::{Command, Stdio};

/// A new file as rustfmt lays it out.
pub fn new_file(app: &App, text: &str) -> String {
    rustfmt(app, text).unwrap_or_else(|| text.to_owned())
}

/// A changed file; one that somebody lays out in his own way keeps that.
pub fn changed(app: &App, before: &str, after: &str) -> String {
    match rustfmt(app, before) {
        Some(formatted) if formatted == before => new_file(app, after),
        _ => after.to_owned(),
    }
}

/// In the app's folder, whose rustfmt.toml counts.
fn rustfmt(app: &App, text: &str) -> Option<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(&app.root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = rustfmt.stdin.take()?;
    // It reads all before it writes, so that nobody waits for the other.
    stdin.write_all(text.as_bytes()).ok()?;
    drop(stdin);
    let output = rustfmt.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.is_empty()).then_some(text)
}
