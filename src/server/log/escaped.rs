//! Text that somebody else wrote, so that it stays within its line.
//!
//! An event may quote what a client wrote: in the text of an app's error, say. With a line break
//! in it, the rest would look like another event; a terminal's sequences, and the characters that
//! turn the direction of writing, would change what the reader sees.

use std::fmt::{self, Write};

/// Writes what is treacherous as Rust would: `\n`, `\u{1b}`.
pub(super) struct Escaped<W>(pub(super) W);

impl<W: Write> Write for Escaped<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_with(&mut self.0, text, |out, letter| {
            write!(out, "{}", letter.escape_default())
        })
    }
}

/// Writes a text as a JSON string; what is treacherous, in the form `\u001b`.
pub(super) fn write_json_string(out: &mut impl Write, text: &str) -> fmt::Result {
    let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
    // In what is left of them by JSON's own escapes, each is one unit of UTF-16.
    write_with(out, &quoted, |out, letter| {
        write!(out, "\\u{:04x}", u32::from(letter))
    })
}

fn write_with<W: Write>(
    out: &mut W,
    text: &str,
    escape: impl Fn(&mut W, char) -> fmt::Result,
) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(is_treacherous) {
        let (plain, behind) = rest.split_at(at);
        out.write_str(plain)?;
        let mut letters = behind.chars();
        if let Some(letter) = letters.next() {
            escape(out, letter)?;
        }
        rest = letters.as_str();
    }
    out.write_str(rest)
}

/// Control characters, the other line breaks of Unicode, and what turns the direction of writing.
fn is_treacherous(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORGED: &str = "x\r\n2026 INFO forged\0\t\u{1b}[2J\u{9b}31m\u{2028}\u{202e}\u{7f} \"é\\";

    #[test]
    fn nothing_treacherous_is_left() {
        let mut pretty = Escaped(String::new());
        pretty.write_str(FORGED).unwrap();
        assert_eq!(
            pretty.0,
            "x\\r\\n2026 INFO forged\\u{0}\\t\\u{1b}[2J\\u{9b}31m\\u{2028}\\u{202e}\\u{7f} \"é\\"
        );
    }

    #[test]
    fn a_json_string_says_the_same_and_shows_nothing_treacherous() {
        let mut json = String::new();
        write_json_string(&mut json, FORGED).unwrap();
        assert!(!json.contains(is_treacherous), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), FORGED);
        assert!(json.ends_with("\\u007f \\\"é\\\\\""), "{json}");
    }
}
