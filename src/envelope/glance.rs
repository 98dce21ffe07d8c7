//! The envelope as nearly everybody writes it, read without a pass over its payload.

use super::{is_id, is_name};
use crate::search;
use serde_json::value::RawValue;

/// What a text is at a glance: `{"event":"message","payload":..}`, or the same with `,"id":7`
/// behind the payload. With its members in another order, white space between them or an
/// escape in the name there is nothing to see.
///
/// The payload is what stands at its place. If it can be read as one JSON value, the text is
/// an envelope that says just this; if not, [`Envelope::parse`](super::Envelope::parse) tells
/// what the text is.
#[derive(Debug)]
pub(crate) struct Glance<'a> {
    pub(crate) event: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) id: Option<&'a RawValue>,
}

impl<'a> Glance<'a> {
    pub(crate) fn at(text: &'a str) -> Option<Self> {
        // JSON has control characters between values only, but serde_json lets them pass in
        // a string that is read as bytes.
        match search::position(text.as_bytes(), |byte| byte < b' ') {
            Some(_) => None,
            None => Self::at_line(text),
        }
    }

    /// The same for a text without control characters.
    pub(crate) fn at_line(line: &'a str) -> Option<Self> {
        let rest = line.strip_prefix(r#"{"event":""#)?;
        // A name is too short for the search that `split_once` would make of it.
        let event_len = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'))?;
        let (event, rest) = rest.split_at(event_len);
        let members = rest.strip_prefix(r#"","payload":"#)?.strip_suffix('}')?;
        if !is_name(event) {
            return None;
        }
        let (payload, id) = split_id(members);
        // Some types are read from nothing at all.
        if payload.trim_ascii_start().is_empty() {
            return None;
        }
        Some(Self { event, payload, id })
    }
}

/// Parts `{"text":"hi"},"id":7` before its last comma. An id is digits here, or a string.
fn split_id(members: &str) -> (&str, Option<&RawValue>) {
    let start = match members.strip_suffix('"') {
        Some(string) => string.rfind('"').unwrap_or(0),
        None => members
            .trim_end_matches(|last: char| last.is_ascii_digit())
            .len(),
    };
    let (before, id) = members.split_at(start);
    let parted = || {
        let payload = before.strip_suffix(r#","id":"#)?;
        let id: &RawValue = serde_json::from_str(id).ok()?;
        is_id(id.get()).then_some((payload, Some(id)))
    };
    parted().unwrap_or((members, None))
}

#[cfg(test)]
mod tests;
