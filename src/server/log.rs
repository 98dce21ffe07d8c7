//! Prints the log, unless the app has chosen a printer of its own.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write, stderr};
use tracing::Level;

/// Lines on stderr, from this level up. Control characters in them are escaped.
pub(super) fn init(level: Level) {
    // An error says that the app has its own: then that one prints.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| OneLine(stderr()))
        .with_ansi(stderr().is_terminal())
        .with_target(false)
        .try_init();
}

/// Keeps each event to a line of its own.
///
/// An event may quote what a client wrote: in the text of an app's error, say. With a line
/// break in it, the rest would look like another event. tracing-subscriber escapes what makes
/// up a terminal's sequences (RUSTSEC-2025-0055) and lets line breaks pass.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    /// Writes one event, which tracing-subscriber gives whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        if line.contains(breaks_lines) {
            self.0.write_all(escaped(line).as_bytes())?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len() + 16);
    for character in line.chars() {
        if breaks_lines(character) {
            // Into a string nothing fails.
            let _ = write!(escaped, "{}", character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped.push('\n');
    escaped
}

/// All control characters but the one that begins the printer's own colours, and the tab.
fn breaks_lines(character: char) -> bool {
    character.is_ascii_control() && !matches!(character, '\u{1b}' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &str) -> String {
        let mut line = OneLine(Vec::new());
        line.write_all(event.as_bytes()).unwrap();
        String::from_utf8(line.0).unwrap()
    }

    #[test]
    fn an_event_is_one_line_whatever_it_quotes() {
        for (event, line) in [
            ("INFO all is well\n", "INFO all is well\n"),
            (
                "\u{1b}[32mINFO\u{1b}[0m café\tau lait\n",
                "\u{1b}[32mINFO\u{1b}[0m café\tau lait\n",
            ),
            ("ERROR no: x\nINFO forged\n", "ERROR no: x\\nINFO forged\n"),
            ("ERROR no: x\r\n\n", "ERROR no: x\\r\\n\n"),
            ("ERROR\0é\n", "ERROR\\u{0}é\n"),
            ("cut", "cut"),
        ] {
            assert_eq!(written(event), line);
        }
    }
}
