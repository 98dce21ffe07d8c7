//! What a command was asked for, on stdout.

use super::Failure;
use std::io::{self, Write};

/// Prints the answer and ends its last line.
pub fn print(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        // `orcs routes | head` has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|e| Failure::new(format!("cannot print: {e}"))),
    }
}
