//! cargo, as the flags of all commands want it.

use crate::terminal::{Failure, mode};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;

/// A cargo command, without its words. Flags become variables, so that they hold for every
/// command of cargo, and for the compiler that it starts.
pub fn command() -> Command {
    // Set when cargo itself started us: the toolchain that was asked for.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if is_offline() {
        command.env("CARGO_NET_OFFLINE", "true");
    }
    if let Some(color) = SETTINGS.get().and_then(|settings| settings.color) {
        command.env("CARGO_TERM_COLOR", color);
    }
    // cargo refuses to be both.
    if mode::is_quiet() {
        command
            .env("CARGO_TERM_QUIET", "true")
            .env_remove("CARGO_TERM_VERBOSE");
    }
    if mode::is_verbose() {
        command
            .env("CARGO_TERM_VERBOSE", "true")
            .env_remove("CARGO_TERM_QUIET");
    }
    command
}

/// Where cargo keeps what it has fetched and installed.
pub fn cargo_home() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    home.map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// cargo is not there, or cannot be run.
pub fn cannot_run(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot run cargo: {error}")).help("install Rust: https://rustup.rs")
}

/// What a failed run of cargo means: it has said why, unless somebody stopped it.
pub fn failure(status: ExitStatus, what: &str) -> Failure {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        let interrupted = rustix::process::Signal::INT.as_raw();
        if status.signal() == Some(interrupted) || status.code() == Some(128 + interrupted) {
            return Failure::interrupted("cargo was interrupted");
        }
    }
    _ = status;
    Failure::new(format!("{what}; what cargo says is above"))
}

/// Whether `--offline` was given.
pub fn is_offline() -> bool {
    SETTINGS.get().is_some_and(|settings| settings.offline)
}

/// Decides for every cargo that this process starts.
pub fn set(offline: bool, color: Option<&'static str>) {
    _ = SETTINGS.set(Settings { offline, color });
}

#[derive(Debug)]
struct Settings {
    offline: bool,
    color: Option<&'static str>,
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();
