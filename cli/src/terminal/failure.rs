//! Why a command stopped, and what to type instead.

use super::insist;
use owo_colors::OwoColorize;
use std::fmt;
use std::process::ExitCode;

/// Prints as `error: ...` with an indented `help: ...` below it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    help: Option<String>,
    exit: Exit,
}

/// What a script can tell apart; clap itself exits with 2 for a wrong usage.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Exit {
    Failed = 1,
    Usage = 2,
    NotAnApp = 3,
    Unreachable = 69,
    Interrupted = 130,
}

impl Failure {
    /// Exits with 1: the operation failed or was refused.
    pub fn new(message: impl fmt::Display) -> Self {
        Self {
            message: message.to_string(),
            help: None,
            exit: Exit::Failed,
        }
    }

    /// Exits with 3: the command needs an app, and stands in none.
    pub fn not_an_app(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::NotAnApp,
            ..Self::new(message)
        }
    }

    /// Exits with 2, as clap does: what was asked for makes no sense.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::new(message)
        }
    }

    /// Exits with 69: nobody answers where a server should be.
    pub fn unreachable(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Unreachable,
            ..Self::new(message)
        }
    }

    /// Exits with 130, as a shell does: somebody pressed Ctrl-C.
    pub fn interrupted(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Interrupted,
            ..Self::new(message)
        }
    }

    /// Adds what to do about it where nothing is said yet.
    pub fn or_help(self, help: impl fmt::Display) -> Self {
        match self.help {
            None => self.help(help),
            Some(_) => self,
        }
    }

    /// Adds what to do about it; a line that can be typed is best.
    pub fn help(self, help: impl fmt::Display) -> Self {
        Self {
            help: Some(help.to_string()),
            ..self
        }
    }

    /// What went wrong, without what to do about it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether there is no app, which not every command needs.
    pub fn is_no_app(&self) -> bool {
        self.exit == Exit::NotAnApp
    }

    /// Tells the user on stderr, and the shell by the exit code.
    pub fn report(&self) -> ExitCode {
        insist!("{}: {}", "error".red().bold(), self.message);
        if let Some(help) = &self.help {
            insist!("  {}: {help}", "help".cyan().bold());
        }
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
