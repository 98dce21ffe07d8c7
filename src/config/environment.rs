//! Where an app runs.

use std::fmt;

/// Where an app runs: at somebody's desk, or for everybody.
///
/// In production, what is for development alone stops the start:
/// [`Route::delay`](crate::Route::delay) and [`Route::disabled`](crate::Route::disabled); and
/// the counts at `/_orcs/metrics` need a key. Source: ORCS `APP_ENV`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Environment {
    /// `development`, the default.
    #[default]
    Development,
    /// `production`.
    Production,
}

impl Environment {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err(format!(
                "`{text}` is neither development nor production (example: production)"
            )),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}
