//! How much is said, and whether somebody watches.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

/// How much a command says beside its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loudness {
    /// Only what went wrong.
    Quiet,
    Normal,
    /// Also what is run on the way.
    Verbose,
}

/// Decides for the rest of this process; the first decision stands.
pub fn set(loudness: Loudness) {
    _ = LOUDNESS.set(loudness);
}

pub fn is_quiet() -> bool {
    LOUDNESS.get() == Some(&Loudness::Quiet)
}

pub fn is_verbose() -> bool {
    LOUDNESS.get() == Some(&Loudness::Verbose)
}

/// Whether somebody sits before stderr: then lines may be drawn anew, and questions asked
/// (if stdin is a terminal too). A log of a CI run keeps every state of such a line.
pub fn is_interactive() -> bool {
    let term = env::var_os("TERM").unwrap_or_default();
    let ci = env::var_os("CI").unwrap_or_default();
    let in_ci = !ci.is_empty() && ci != "false" && ci != "0";
    io::stderr().is_terminal() && !in_ci && term != "dumb"
}

static LOUDNESS: OnceLock<Loudness> = OnceLock::new();
