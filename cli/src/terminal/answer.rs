//! What a command was asked for, on stdout.

use super::Failure;
use std::io::{self, Write};

/// Prints the answer and ends its last line.
pub fn print(text: &str) -> Result<(), Failure> {
    print_to(&mut io::stdout(), text)
}

/// Prints an answer that has colours, where they are wanted.
pub fn print_coloured(text: &str) -> Result<(), Failure> {
    print_to(&mut anstream::stdout(), text)
}

fn print_to(stdout: &mut impl Write, text: &str) -> Result<(), Failure> {
    match writeln!(stdout, "{text}") {
        // `orcs routes | head` has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|e| Failure::new(format!("cannot print: {e}"))),
    }
}
