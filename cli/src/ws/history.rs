//! The lines typed before, kept for the next time. No line that may hold a token is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that its owner alone may read.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
}

impl History {
    /// In the user's state folder; `None` where the user has none.
    pub fn find() -> Option<Self> {
        let absolute = |key| {
            std::env::var_os(key)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let state =
            absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
        Some(Self {
            path: state.join("orcs/ws-history"),
        })
    }

    /// The last lines, the oldest first. A file that cannot be read is none.
    pub fn lines(&self) -> Vec<String> {
        let text = fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let surplus = lines.len().saturating_sub(MAX_LINES);
        if surplus > MAX_LINES {
            // Not at every start: a second session may be writing.
            _ = self.write(&lines[surplus..].join("\n"));
        }
        lines.into_iter().skip(surplus).collect()
    }

    /// Keeps a line, unless it looks as if it held a secret. That it cannot be kept is no reason
    /// to disturb anybody.
    pub fn keep(&self, line: &str) {
        if !holds_secret(line) && !line.contains('\n') {
            _ = self.append(line);
        }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = private(OpenOptions::new().create(true).append(true), &self.path)?;
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Whole or not at all.
    fn write(&self, text: &str) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = private(
            OpenOptions::new().create(true).write(true).truncate(true),
            &new,
        )?;
        file.write_all(format!("{text}\n").as_bytes())?;
        fs::rename(new, &self.path)
    }
}

fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Whether a line may hold what nobody else is to know: it says so, or has a JWT's first letters.
/// A line that begins with a space is not kept either, as in a shell.
pub fn holds_secret(line: &str) -> bool {
    let lower = line.to_lowercase();
    let words = [
        "token",
        "secret",
        "password",
        "passwd",
        "authorization",
        "bearer",
        "api_key",
        "apikey",
        "orcs:auth",
    ];
    line.starts_with(' ') || line.contains("eyJ") || words.iter().any(|word| lower.contains(word))
}

const MAX_LINES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let history = History {
            path: dir.path().join("orcs/ws-history"),
        };
        for line in [
            "join {\"room\":\"a\"}",
            "orcs:auth {\"token\":\"x\"}",
            "login {\"Password\":\"x\"}",
            "/raw eyJhbGciOiJIUzI1NiJ9.e30.x",
            " hidden",
            "/ping",
        ] {
            history.keep(line);
        }
        assert_eq!(history.lines(), ["join {\"room\":\"a\"}", "/ping"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&history.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn only_the_last_lines_stay() {
        let dir = tempfile::tempdir().unwrap();
        let history = History {
            path: dir.path().join("ws-history"),
        };
        let all: Vec<_> = (0..2500).map(|i| format!("line {i}")).collect();
        fs::write(&history.path, all.join("\n")).unwrap();
        assert_eq!(history.lines(), all[1500..]);
        assert_eq!(
            fs::read_to_string(&history.path).unwrap().lines().count(),
            1000
        );
    }
}
