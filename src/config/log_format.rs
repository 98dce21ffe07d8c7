//! How a line of the log is written.

use std::fmt;

/// How a line of the log is written.
///
/// Either way an event is exactly one line, and whatever it quotes is escaped. Each line that is
/// written while a client's handler runs says which client's and on which route, those of the
/// app's own `tracing` macros too.
///
/// Source: ORCS `LOG_FORMAT`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// For people: `2026-01-31T12:00:00.000000Z  INFO saved game=7 client=01h3.. route="/ws/game"`.
    #[default]
    Pretty,
    /// For machines, an object a line: `{"timestamp":"..","level":"info","target":"app",
    /// "message":"saved","game":7,"client":"01h3..","route":"/ws/game"}`.
    Json,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err(format!(
                "`{text}` is neither pretty nor json (example: json)"
            )),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
        })
    }
}
