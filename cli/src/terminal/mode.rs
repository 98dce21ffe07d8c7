//! How much is said, and whether somebody watches.

use std::env;
use std::ffi::OsString;
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
    io::stderr().is_terminal() && !is_ci() && term != "dumb"
}

/// Whether a machine runs this for a repository: `CI` as those systems set it.
pub fn is_ci() -> bool {
    says_yes(env::var_os("CI"))
}

fn says_yes(variable: Option<OsString>) -> bool {
    variable.is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

static LOUDNESS: OnceLock<Loudness> = OnceLock::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_is_what_says_so() {
        for (ci, is) in [("true", true), ("1", true), ("false", false), ("", false)] {
            assert_eq!(says_yes(Some(ci.into())), is, "CI={ci}");
        }
        assert!(!says_yes(None));
    }
}
