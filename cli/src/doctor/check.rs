//! A check, and what it found.

use crate::terminal::shell;
use serde::Serialize;

/// What was looked at, and how it is.
#[derive(Debug, PartialEq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    /// One sentence without a period.
    pub message: String,
    /// The command that mends it, or else what to do by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Works, with less than there could be.
    Warning,
    /// Something does not work; the exit code is 1.
    Failed,
    /// There was nothing to look at.
    Skipped,
}

impl Check {
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, State::Ok, message.into(), None)
    }

    pub fn skipped(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, State::Skipped, message.into(), None)
    }

    pub fn warning(name: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, State::Warning, message.into(), Some(fix.into()))
    }

    pub fn failed(name: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, State::Failed, message.into(), Some(fix.into()))
    }

    fn new(name: &'static str, state: State, message: String, fix: Option<String>) -> Self {
        Self {
            name,
            state,
            message,
            fix,
        }
    }

    /// What stands in front of its line.
    pub fn mark(&self) -> &'static str {
        match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
            State::Skipped => "-",
        }
    }

    /// The message for a terminal: other programs and files had a say in it.
    pub fn shown(&self) -> String {
        let lines = self.message.lines().map(|line| shell::visible(line.trim()));
        lines.collect::<Vec<_>>().join(" ")
    }
}
