//! Whether the app builds with the network cut.

use super::check::Check;
use crate::app::{App, cargo_call};
use std::process::Stdio;

const NAME: &str = "offline";
const FETCH: &str = "cargo fetch";

/// Asks cargo itself, which opens every crate's manifest for it: the lock file must fit, and
/// each crate be in cargo's cache.
pub fn check(app: &App) -> Check {
    let mut command = cargo_call::command();
    command
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", env!("ORCS_TARGET")])
        .current_dir(&app.root)
        .stdin(Stdio::null());
    let output = match command.output() {
        Ok(output) => output,
        // The check of the toolchain has told it.
        Err(e) => return Check::skipped(NAME, format!("cannot run cargo: {e}")),
    };
    if output.status.success() {
        return Check::ok(
            NAME,
            "Cargo.lock fits, and all its crates are on this machine",
        );
    }
    judge(&String::from_utf8_lossy(&output.stderr))
}

fn judge(complaint: &str) -> Check {
    if complaint.contains("--locked") {
        let message = "Cargo.lock is missing or does not fit Cargo.toml: cargo asks the network";
        return Check::warning(NAME, message, FETCH);
    }
    if complaint.contains("offline") || complaint.contains("download") {
        let message = "crates of Cargo.lock are not on this machine yet";
        return Check::warning(NAME, message, FETCH);
    }
    let first = complaint
        .lines()
        .find_map(|line| line.strip_prefix("error: "));
    let why = first.unwrap_or("cargo does not say why");
    Check::failed(
        NAME,
        format!("cargo cannot read the app: {why}"),
        "cargo metadata --offline tells more",
    )
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn cargos_complaint_says_what_is_missing() {
        let locked = judge(
            "error: cannot update the lock file /a/Cargo.lock because --locked was passed to prevent this",
        );
        assert!(
            locked.message.starts_with("Cargo.lock is missing"),
            "{locked:?}"
        );
        let missing = judge(
            "error: failed to download `libc v0.2.1`\n\nCaused by:\n  attempting to make an HTTP request, but --offline was specified",
        );
        assert!(missing.message.starts_with("crates of"), "{missing:?}");
        for check in [locked, missing] {
            assert_eq!(
                (check.state, check.fix.as_deref()),
                (State::Warning, Some("cargo fetch"))
            );
        }
        let broken = judge("error: failed to parse manifest at `/a/Cargo.toml`");
        assert_eq!(broken.state, State::Failed);
    }
}
