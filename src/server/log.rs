//! Prints the log, unless the app has chosen a printer of its own.

use std::io::{IsTerminal, stderr};
use tracing::Level;

/// Lines on stderr, from this level up. Control characters in them are escaped.
pub(super) fn init(level: Level) {
    // An error says that the app has its own: then that one prints.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(false)
        .try_init();
}
