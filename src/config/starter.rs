//! What whoever started the process says to it.

use crate::error::Result;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroU16;

/// What `orcs serve` or systemd says to a process that it starts, by variables that are no
/// settings: a line in `.env` has no say in them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Starter {
    /// Listening sockets that are handed over, as descriptors from 3 on (`LISTEN_FDS`).
    pub(crate) handed_over: Option<usize>,
    /// The socket that is told when the server is ready (`NOTIFY_SOCKET`).
    pub(crate) notify_socket: Option<OsString>,
    /// Whether stdin is a pipe that `orcs serve` holds as long as it lives (`ORCS_SUPERVISED`).
    pub(crate) is_supervised: bool,
    /// Where pages hear that they are to load again (`ORCS_RELOAD`), a port of `orcs serve`.
    pub(crate) reload_port: Option<NonZeroU16>,
}

impl Starter {
    /// Reads the process environment.
    ///
    /// # Errors
    ///
    /// A number of sockets that is none.
    pub(crate) fn read() -> Result<Self> {
        Self::new(|key| std::env::var_os(key), std::process::id())
    }

    fn new(var: impl Fn(&str) -> Option<OsString>, process: u32) -> Result<Self> {
        let var = |key| var(key).filter(|value| !value.is_empty());
        // Said to the process that started us, and only inherited.
        let is_for_us = var("LISTEN_PID").is_none_or(|pid| *pid == *process.to_string());
        let handed_over = var("LISTEN_FDS").filter(|_| is_for_us);
        Ok(Self {
            handed_over: (handed_over.as_deref())
                .map(number_of_sockets)
                .transpose()?,
            notify_socket: var("NOTIFY_SOCKET"),
            reload_port: var("ORCS_RELOAD").and_then(|port| port.to_str()?.parse().ok()),
            is_supervised: var("ORCS_SUPERVISED").is_some_and(|value| value == "1"),
        })
    }
}

fn number_of_sockets(text: &OsStr) -> Result<usize> {
    let number = text.to_str().and_then(|text| text.parse().ok());
    let number = number.filter(|number| (1..=MOST_SOCKETS).contains(number));
    number.ok_or_else(|| {
        format!(
            "LISTEN_FDS: `{}` is not a number of listening sockets, 1 to {MOST_SOCKETS} \
             (`orcs serve` and systemd set it; unset it to listen on HOST and PORT)",
            text.display()
        )
        .into()
    })
}

/// More than anybody listens on.
const MOST_SOCKETS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn started_with(variables: &[(&str, &str)]) -> Result<Starter> {
        let var = |key: &str| {
            let found = variables.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| value.into())
        };
        Starter::new(var, 42)
    }

    #[test]
    fn a_process_that_is_told_nothing_listens_itself_and_tells_nobody() {
        assert_eq!(started_with(&[]).unwrap(), Starter::default());
        let empty = [
            ("LISTEN_FDS", ""),
            ("LISTEN_PID", ""),
            ("NOTIFY_SOCKET", ""),
        ];
        assert_eq!(started_with(&empty).unwrap(), Starter::default());
    }

    #[test]
    fn sockets_are_for_the_process_that_is_named_or_for_whoever_is_started() {
        for (pid, handed_over) in [("", Some(2)), ("42", Some(2)), ("41", None), ("x", None)] {
            let starter = started_with(&[("LISTEN_FDS", "2"), ("LISTEN_PID", pid)]);
            assert_eq!(
                starter.unwrap().handed_over,
                handed_over,
                "LISTEN_PID={pid}"
            );
        }
    }

    #[test]
    fn pages_hear_of_changes_at_a_port_or_not_at_all() {
        for (text, port) in [("4000", 4000), ("0", 0), ("65536", 0), ("x", 0), ("", 0)] {
            let starter = started_with(&[("ORCS_RELOAD", text)]).unwrap();
            assert_eq!(starter.reload_port, NonZeroU16::new(port), "{text}");
        }
    }

    #[test]
    fn a_number_of_sockets_that_is_none_stops_the_start() {
        for text in ["0", "-1", "two", "65", "99999999999999999999", "1 2"] {
            let why = started_with(&[("LISTEN_FDS", text)]).unwrap_err();
            assert_eq!(
                why.to_string(),
                format!(
                    "LISTEN_FDS: `{text}` is not a number of listening sockets, 1 to 64 \
                     (`orcs serve` and systemd set it; unset it to listen on HOST and PORT)"
                )
            );
            let inherited = [("LISTEN_FDS", text), ("LISTEN_PID", "41")];
            assert_eq!(started_with(&inherited).unwrap(), Starter::default());
        }
    }
}
