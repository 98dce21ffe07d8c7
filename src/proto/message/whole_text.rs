//! A text that lies in one frame: unmasked and looked at by one pass over its bytes.
//!
//! The one file of the library with `unsafe` in it: who has seen that every byte is ASCII need
//! not go over them again to call them a text. That is a twentieth of the work for a text of
//! 16 KiB.

#![allow(unsafe_code)]

use super::Incoming;
use crate::proto::Violation;
use crate::proto::utf8::text;

/// Unmasks `bytes`, which are a whole message of text.
///
/// # Errors
///
/// [`Violation::Utf8`] if they are none.
pub(super) fn unmask(bytes: &mut [u8], key: [u8; 4]) -> Result<Incoming<'_>, Violation> {
    if !is_line_unmasked(bytes, key) {
        return Ok(Incoming::Text(text(bytes)?.into()));
    }
    // SAFETY: each byte, as it is now, is less than 128; so they are ASCII, which is UTF-8.
    let line = unsafe { str::from_utf8_unchecked(bytes) };
    Ok(Incoming::Line(line))
}

/// Unmasks, and tells whether that made ASCII without control characters.
fn is_line_unmasked(bytes: &mut [u8], [a, b, c, d]: [u8; 4]) -> bool {
    let word = [a, b, c, d, a, b, c, d];
    let key: [u8; STEP] = std::array::from_fn(|at| word[at % word.len()]);
    let mut is_other = [false; STEP];
    let (steps, rest) = bytes.as_chunks_mut::<STEP>();
    for step in steps {
        unmask_step(step, &key, &mut is_other);
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for word in words {
        unmask_step(word, &key, &mut is_other);
    }
    let mut is_any_other = false;
    for (byte, key) in rest.iter_mut().zip(word) {
        *byte ^= key;
        is_any_other |= is_outside_a_line(*byte);
    }
    !is_other.iter().fold(is_any_other, |any, is| any | is)
}

/// How many bytes are unmasked at once.
const STEP: usize = 32;

fn unmask_step<const LEN: usize>(
    step: &mut [u8; LEN],
    key: &[u8; STEP],
    is_other: &mut [bool; STEP],
) {
    for at in 0..LEN {
        step[at] ^= key[at];
        is_other[at] |= is_outside_a_line(step[at]);
    }
}

/// Whether a byte is a control character or not ASCII, which is a negative number here.
fn is_outside_a_line(byte: u8) -> bool {
    byte.cast_signed() < b' '.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(text: &[u8], key: [u8; 4]) -> Vec<u8> {
        let bytes = text.iter().zip(key.iter().cycle());
        bytes.map(|(byte, key)| byte ^ key).collect()
    }

    fn is_read_as_by_two_passes(text: &[u8], key: [u8; 4]) {
        let mut bytes = masked(text, key);
        let expected = match str::from_utf8(text) {
            Err(_) => Err(Violation::Utf8),
            Ok(line) if line.is_ascii() && text.iter().all(|byte| *byte >= b' ') => {
                Ok(Incoming::Line(line))
            }
            Ok(text) => Ok(Incoming::Text(text.into())),
        };
        assert_eq!(unmask(&mut bytes, key), expected, "{text:?} by {key:?}");
    }

    #[test]
    fn the_one_byte_that_matters_is_seen_wherever_it_stands() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for len in 0..150 {
            let mut text = vec![b'a'; len];
            is_read_as_by_two_passes(&text, key);
            for at in 0..len {
                for byte in [0, 0x1F, b' ', 0x7F, 0x80, 0xFF] {
                    text[at] = byte;
                    is_read_as_by_two_passes(&text, key);
                }
                text[at] = b'a';
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_by_two_passes(text: String, key: [u8; 4]) {
            is_read_as_by_two_passes(text.as_bytes(), key);
        }

        #[test]
        fn any_bytes_are_read_as_by_two_passes(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            key: [u8; 4],
        ) {
            is_read_as_by_two_passes(&bytes, key);
        }
    }
}
