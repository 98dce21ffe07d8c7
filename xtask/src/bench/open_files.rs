//! How many files, so sockets too, a process may have open.

use crate::failure::{Failure, Result};

/// The limit in force; a program that this one starts inherits it.
#[derive(Debug)]
pub struct OpenFiles {
    pub before: Option<u64>,
    pub now: Option<u64>,
}

impl OpenFiles {
    /// Raises the soft limit as far as the hard limit lets it.
    #[cfg(unix)]
    pub fn raise() -> Self {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = getrlimit(Resource::Nofile);
        // macOS refuses "unlimited"; then all stays as it was.
        _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: before.maximum,
                ..before
            },
        );
        Self {
            before: before.current,
            now: getrlimit(Resource::Nofile).current,
        }
    }

    #[cfg(not(unix))]
    pub fn raise() -> Self {
        Self {
            before: None,
            now: None,
        }
    }

    /// Refuses more connections than can be open.
    pub fn check(&self, connections: usize) -> Result {
        let needed = connections as u64 + RESERVED;
        match self.now {
            Some(limit) if limit < needed => Err(Failure::Chore(format!(
                "{connections} connections need {needed} open files, but only {limit} are allowed; \
                 raise the hard limit (`ulimit -Hn {needed}` as root), or ask for --connections {}",
                limit.saturating_sub(RESERVED)
            ))),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for OpenFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.before, self.now) {
            (_, None) => write!(f, "no limit"),
            (Some(before), Some(now)) if before < now => {
                write!(f, "{now} (the hard limit; the soft one was {before})")
            }
            (_, Some(now)) => write!(f, "{now}"),
        }
    }
}

/// For listeners, pipes, timers and the terminal, on either side.
const RESERVED: u64 = 64;
