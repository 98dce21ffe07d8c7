//! A path as it is meant, not as it is written: its segments, percent-decoded.

use std::borrow::Cow;

/// The segments of a path: `/caf%C3%A9/` has `café` and an empty one.
///
/// None if it does not begin with `/`, or if an escape is broken or what they make is no UTF-8:
/// then nobody can say what is meant. None for an escaped letter or digit too: no client writes
/// `%61dmin` but to get past a proxy that looks for `admin`. A `%2F` is a `/` inside its segment,
/// a `+` is a plus.
pub(super) fn segments(path: &str) -> Option<Vec<Cow<'_, str>>> {
    path.strip_prefix('/')?.split('/').map(segment).collect()
}

/// One segment, decoded.
pub(super) fn segment(written: &str) -> Option<Cow<'_, str>> {
    if !written.contains('%') {
        return Some(written.into());
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first == b'%' {
            let [high, low, behind @ ..] = rest else {
                return None;
            };
            let byte = hex(*high)? << 4 | hex(*low)?;
            if byte.is_ascii_alphanumeric() {
                return None;
            }
            bytes.push(byte);
            rest = behind;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The one way to write these segments that is compared: a path without `%` is its own.
pub(super) fn key<S: AsRef<str>>(segments: &[S]) -> String {
    let mut key = String::new();
    for segment in segments {
        key.push('/');
        for letter in segment.as_ref().chars() {
            match letter {
                '/' => key.push_str("%2F"),
                '%' => key.push_str("%25"),
                letter => key.push(letter),
            }
        }
    }
    key
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
