//! Where values come from: the process environment first, then `.env`.

use super::keys::KEYS;
use crate::error::Result;
use std::collections::HashMap;
use std::{fmt, fs, io};

/// What `.env` and the environment hold.
#[derive(Clone, Default)]
pub(super) struct Sources {
    environment: HashMap<String, String>,
    /// In the order of the file; the first of two equal keys counts, as in dotenvy.
    file: Option<Vec<Entry>>,
}

#[derive(Clone)]
struct Entry {
    key: String,
    value: String,
    line: usize,
}

/// A value, and the place a user has to look for it.
pub(super) struct Found<'a> {
    pub(super) value: &'a str,
    pub(super) origin: Origin,
}

pub(super) enum Origin {
    Environment,
    File { line: usize },
}

impl Sources {
    /// Reads the real ones.
    pub(super) fn read() -> Result<Self> {
        let file = match fs::read_to_string(FILE) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("cannot read {FILE}: {error}").into()),
        };
        // A variable that is not Unicode is nobody's setting.
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self::new(file.as_deref(), environment)
    }

    pub(super) fn new(
        file: Option<&str>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        Ok(Self {
            environment: environment.into_iter().collect(),
            file: file.map(parse).transpose()?,
        })
    }

    /// The value of a key; an empty one counts as none.
    pub(super) fn get(&self, key: &str) -> Option<Found<'_>> {
        let environment = self.environment.get(key).map(|value| Found {
            value,
            origin: Origin::Environment,
        });
        let from_file = || {
            let entry = self.file.iter().flatten().find(|entry| entry.key == key)?;
            Some(Found {
                value: &entry.value,
                origin: Origin::File { line: entry.line },
            })
        };
        environment
            .filter(|found| !found.value.is_empty())
            .or_else(from_file)
            .filter(|found| !found.value.is_empty())
    }

    /// A value of the process environment alone.
    pub(super) fn environment(&self, key: &str) -> Option<&str> {
        self.environment.get(key).map(String::as_str)
    }

    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Lines of the file whose key has an earlier line, which counts.
    pub(super) fn ignored_lines(&self) -> Vec<String> {
        let mut first: HashMap<&str, usize> = HashMap::new();
        let mut ignored = Vec::new();
        for Entry { key, line, .. } in self.file.iter().flatten() {
            match first.get(key.as_str()) {
                None => _ = first.insert(key, *line),
                Some(first) => ignored.push(format!(
                    "`{key}` in {FILE}:{line} has no effect: the one in {FILE}:{first} counts"
                )),
            }
        }
        ignored
    }

    /// Keys that start with `WS_` and are none of ours, and those that are nearly one of our
    /// `JWT_`: a mistyped `JWT_AUDIENCE` would let everybody's tokens in. Others are often the
    /// app's own (`JWT_EXPIRES_IN`).
    pub(super) fn unknown_keys(&self) -> Vec<String> {
        let in_file = self
            .file
            .iter()
            .flatten()
            .map(|entry| (entry.key.as_str(), Origin::File { line: entry.line }));
        let mut in_environment: Vec<_> = self.environment.keys().map(String::as_str).collect();
        in_environment.sort_unstable();
        in_file
            .chain(
                in_environment
                    .into_iter()
                    .map(|key| (key, Origin::Environment)),
            )
            .filter(|(key, _)| {
                let is_ours =
                    key.starts_with("WS_") || key.starts_with("JWT_") && nearest(key).is_some();
                is_ours && !KEYS.iter().any(|known| known.name == *key)
            })
            .map(|(key, origin)| match nearest(key) {
                Some(known) => format!("unknown key `{key}` in {origin}; did you mean `{known}`?"),
                None => format!("unknown key `{key}` in {origin}"),
            })
            .collect()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the environment"),
            Self::File { line } => write!(f, "{FILE}:{line}"),
        }
    }
}

fn parse(text: &str) -> Result<Vec<Entry>> {
    // Some editors begin a file with a byte-order mark.
    let text = text.trim_start_matches('\u{feff}');
    // Entries come in the order of their lines.
    let mut last = 0;
    dotenvy::from_read_iter(text.as_bytes())
        .map(|pair| match pair {
            Ok((key, value)) => {
                let line = line_of(&key, text, last);
                last = line;
                Ok(Entry { key, value, line })
            }
            Err(dotenvy::Error::LineParse(bad, _)) => {
                let line = 1 + text
                    .lines()
                    .position(|line| line.trim() == bad.trim())
                    .unwrap_or_default();
                // The line may hold half a secret, so it is named, not shown.
                Err(format!(
                    "this line is not `KEY=value` (example: PORT=42069)\n  --> {FILE}:{line}"
                )
                .into())
            }
            Err(error) => Err(format!("cannot read {FILE}: {error}").into()),
        })
        .collect()
}

/// dotenvy keeps no line numbers: the first line behind the `last` one that assigns `key`.
fn line_of(key: &str, text: &str, last: usize) -> usize {
    let assigns = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    last + 1
        + text
            .lines()
            .skip(last)
            .position(assigns)
            .unwrap_or_default()
}

fn nearest(key: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(|known| (strsim::jaro_winkler(known.name, key), known.name))
        .filter(|(likeness, _)| *likeness > 0.88)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

const FILE: &str = ".env";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_has_no_effect_is_named_with_the_one_that_counts() {
        let file = "PORT=1\n# PORT=2\nJWT_ISSUER=\nPORT=1\nexport JWT_ISSUER = me\nPORT_2=1\n";
        let environment = [("PORT".to_owned(), "3".to_owned())];
        let sources = Sources::new(Some(file), environment).unwrap();
        assert_eq!(
            sources.ignored_lines(),
            [
                "`PORT` in .env:4 has no effect: the one in .env:1 counts",
                "`JWT_ISSUER` in .env:5 has no effect: the one in .env:3 counts",
            ]
        );
        assert!(sources.get("JWT_ISSUER").is_none());
    }

    #[test]
    fn a_mistyped_claim_is_reported_and_a_key_of_the_apps_own_is_not() {
        let file =
            "JWT_AUDIANCE=x\nJWT_ISUER=x\nJWT_EXPIRES_IN=1h\nJWT_REFRESH_TTL=1\nJWT_COOKIE=t\n";
        assert_eq!(
            Sources::new(Some(file), []).unwrap().unknown_keys(),
            [
                "unknown key `JWT_AUDIANCE` in .env:1; did you mean `JWT_AUDIENCE`?",
                "unknown key `JWT_ISUER` in .env:2; did you mean `JWT_ISSUER`?",
            ]
        );
    }
}
