//! Text that arrives in pieces, checked as it comes (RFC 6455, 8.1).

use super::Violation;
use crate::copy::append_text;

/// `bytes` as text, in one pass.
///
/// # Errors
///
/// [`Violation::Utf8`] if they are none, wherever the bad byte stands.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Violation> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| Violation::Utf8)
}

/// The start of a character whose end has not arrived: at most 3 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tail {
    // The fourth is the room in which a character of four bytes is completed.
    bytes: [u8; 4],
    len: u8,
}

impl Tail {
    /// Appends `bytes` to `text` and keeps back a character they only begin.
    ///
    /// # Errors
    ///
    /// [`Violation::Utf8`] at the first byte after which no continuation could
    /// make the text valid, so that a bad byte is answered when it arrives and
    /// not when its message ends.
    pub(crate) fn push(&mut self, mut bytes: &[u8], text: &mut String) -> Result<(), Violation> {
        while !self.is_empty()
            && let Some((byte, rest)) = bytes.split_first()
        {
            bytes = rest;
            self.complete(*byte, text)?;
        }
        let (whole, begun) = bytes.split_at(bytes.len() - begun_len(bytes));
        append_text(text, self::text(whole)?);
        if !begun.is_empty() {
            expect_more(begun)?;
            self.bytes[..begun.len()].copy_from_slice(begun);
            self.len = begun.len() as u8;
        }
        Ok(())
    }

    /// Adds one byte to the character that was begun.
    fn complete(&mut self, byte: u8, text: &mut String) -> Result<(), Violation> {
        self.bytes[self.len()] = byte;
        self.len += 1;
        let character = &self.bytes[..self.len()];
        let Ok(character) = str::from_utf8(character) else {
            return expect_more(character);
        };
        text.push_str(character);
        self.len = 0;
        Ok(())
    }

    /// How many bytes wait for the rest of their character: 0 to 3.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether the text so far ends with a whole character, as a message must.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Fails unless `bytes`, which are no whole characters, could yet become one.
fn expect_more(bytes: &[u8]) -> Result<(), Violation> {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => Ok(()),
        _ => Err(Violation::Utf8),
    }
}

/// How many bytes at the end of `bytes` begin a character without ending it.
///
/// Found from behind, so that what is in front is validated in one pass. Looks
/// at lengths only; whether the bytes are right is the validation's business.
fn begun_len(bytes: &[u8]) -> usize {
    for (behind, byte) in bytes.iter().rev().take(3).enumerate() {
        let present = behind + 1;
        let announced = match byte {
            0x80..0xC0 => continue,
            0x00..0x80 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0..=0xFF => 4,
        };
        return if announced > present { present } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `pieces`; the text, or the index of the piece that failed.
    fn gather<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(String, Tail), usize> {
        let (mut text, mut tail) = (String::new(), Tail::default());
        for (index, piece) in pieces.into_iter().enumerate() {
            tail.push(piece, &mut text).map_err(|_| index)?;
        }
        Ok((text, tail))
    }

    #[test]
    fn characters_of_every_width_survive_every_split() {
        let whole = "a\u{7f}\u{80}é\u{7ff}\u{800}€\u{d7ff}\u{e000}\u{ffff}\u{10000}😀\u{10ffff}z";
        for first in 0..=whole.len() {
            for second in first..=whole.len() {
                let bytes = whole.as_bytes();
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let (text, tail) = gather(pieces).unwrap();
                assert_eq!(text, whole);
                assert!(tail.is_empty());
            }
        }
    }

    #[test]
    fn a_bad_byte_fails_when_it_arrives() {
        // Autobahn 6.4.4: valid text, then a character over U+10FFFF, byte by byte.
        let bytes = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited";
        assert_eq!(gather(bytes.chunks(1)).unwrap_err(), 12);
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        for (name, bytes) in [
            ("a lone continuation", &b"\x80"[..]),
            ("a continuation too many", b"\xc3\xa9\xa9"),
            ("an overlong slash", b"\xc0\xaf"),
            ("an overlong slash of three", b"\xe0\x80\xaf"),
            ("a surrogate", b"\xed\xa0\x80"),
            ("over U+10FFFF", b"\xf4\x90\x80\x80"),
            ("a lead byte that does not exist", b"\xf5"),
            ("all ones", b"\xff"),
            ("a character cut by another", b"\xe2\x82a"),
        ] {
            assert!(gather([bytes]).is_err(), "{name}");
            assert!(gather(bytes.chunks(1)).is_err(), "{name}, byte by byte");
        }
    }

    #[test]
    fn a_begun_character_waits() {
        for begun in [&b"\xc3"[..], b"\xe2\x82", b"\xf0\x9f\x98"] {
            let (text, tail) = gather([&b"ok"[..], begun]).unwrap();
            assert_eq!((text.as_str(), tail.len()), ("ok", begun.len()));
        }
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        // Random bytes are hardly ever text; these mostly are, and break in it.
        prop_oneof![
            4 => any::<String>().prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..4),
            1 => any::<char>().prop_map(|character| {
                let mut bytes = character.to_string().into_bytes();
                bytes.pop();
                bytes
            }),
        ]
    }

    #[test]
    fn text_is_checked_from_its_first_byte_to_its_last() {
        // Longer than what the check by SIMD takes at once, and than its blocks.
        for len in (0..=130).chain([1000, 4096]) {
            let mut bytes = vec![b'x'; len];
            assert_eq!(text(&bytes).map(str::len), Ok(len));
            for at in 0..len {
                bytes[at] = 0xFF;
                assert_eq!(text(&bytes), Err(Violation::Utf8), "{at} of {len}");
                bytes[at] = b'x';
            }
        }
    }

    proptest! {
        #[test]
        fn whole_texts_are_judged_as_the_standard_library_does(
            bytes in prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat()),
        ) {
            prop_assert_eq!(text(&bytes).ok(), str::from_utf8(&bytes).ok());
        }

        #[test]
        fn fails_exactly_where_no_continuation_could_help(
            bytes in prop::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat()),
            length in 1usize..9,
        ) {
            // The standard library says at which byte the text became hopeless.
            let hopeless = str::from_utf8(&bytes).err()
                .and_then(|error| Some(error.valid_up_to() + error.error_len()?));
            match (gather(bytes.chunks(length)), hopeless) {
                (Ok((text, tail)), None) => {
                    prop_assert_eq!(text.as_bytes(), &bytes[..bytes.len() - tail.len()]);
                }
                (Err(index), Some(at)) => {
                    // `at` ends the sequence before the byte that broke it, or on it.
                    let end = (index + 1) * length;
                    prop_assert!(end >= at && index * length <= at, "piece {index} of {length}, {at}");
                }
                (outcome, hopeless) => prop_assert!(false, "{outcome:?}, {hopeless:?}"),
            }
        }
    }
}
