//! JSON byte for byte as serde_json writes it, its texts at the speed of a copy.
//!
//! serde_json looks for letters to escape one by one, which took a quarter of the server's
//! time for echoes of 1 KiB. How it writes a text cannot be changed, but how it writes bytes
//! can: so a text is handed to it as bytes.

mod text_as_bytes;

use crate::search;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};
use std::io::{self, Write};
use text_as_bytes::TextAsBytes;

/// Appends `value`.
///
/// # Errors
///
/// It cannot be JSON. A part of it may have been appended.
pub(crate) fn append(
    buffer: &mut Vec<u8>,
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    let mut serializer = Serializer::with_formatter(buffer, Compact);
    value.serialize(TextAsBytes(&mut serializer))
}

/// The compact form, in which bytes are a text.
struct Compact;

impl Formatter for Compact {
    fn write_byte_array<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        mut text: &[u8],
    ) -> io::Result<()> {
        self.begin_string(writer)?;
        loop {
            let plain_len = search::position(text, is_escaped).unwrap_or(text.len());
            let (plain, rest) = text.split_at(plain_len);
            writer.write_all(plain)?;
            let Some((letter, rest)) = rest.split_first() else {
                return self.end_string(writer);
            };
            self.write_char_escape(writer, escape(*letter))?;
            text = rest;
        }
    }
}

fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

fn escape(byte: u8) -> CharEscape {
    match byte {
        b'"' => CharEscape::Quote,
        b'\\' => CharEscape::ReverseSolidus,
        b'\n' => CharEscape::LineFeed,
        b'\r' => CharEscape::CarriageReturn,
        b'\t' => CharEscape::Tab,
        0x08 => CharEscape::Backspace,
        0x0C => CharEscape::FormFeed,
        _ => CharEscape::AsciiControl(byte),
    }
}

#[cfg(test)]
pub(crate) mod tests;
