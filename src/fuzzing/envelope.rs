//! Envelopes: what ours reads, serde_json's own types must read in the same way.

use crate::envelope::{self, Envelope, Glance, MAX_ID_BYTES};
use crate::event::MAX_NAME_BYTES;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// Reads `data` as an envelope, at a glance too, and compares it with what serde_json makes of
/// it; then writes it as one.
pub fn envelope(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let ours = Envelope::parse(text);
    let members = serde_json::from_str::<Members>(text);
    let expected = members.as_ref().ok().and_then(Members::expected);
    match (&ours, expected) {
        (Ok(envelope), Some(expected)) => {
            assert_eq!(envelope.event, expected.event);
            same(envelope.payload.get(), expected.payload);
            assert_eq!(envelope.id.map(RawValue::get), expected.id);
            answered(envelope);
        }
        (Err(_), None) => {}
        (ours, _) => panic!("{ours:?} of {text:?}, where serde_json reads {members:?}"),
    }
    glanced(text, ours.as_ref().ok());
    written(text);
}

/// What is seen at a glance, and can be read, is what a whole reading finds.
fn glanced(text: &str, whole: Option<&Envelope<'_>>) {
    let Some(Glance { event, payload, id }) = Glance::at(text) else {
        return;
    };
    let can_be_read = serde_json::from_str::<IgnoredAny>(payload).is_ok()
        || serde_json::from_str::<Value>(payload).is_ok()
        || serde_json::from_str::<AsBytes>(payload).is_ok();
    if can_be_read {
        let whole = whole.unwrap_or_else(|| panic!("{text:?} is no envelope"));
        assert_eq!(whole.event, event);
        assert_eq!(whole.payload.get(), payload.trim());
        assert_eq!(whole.id.map(RawValue::get), id.map(RawValue::get));
    }
}

/// A string that is read as bytes, about which serde_json is less strict.
struct AsBytes;

impl<'de> Deserialize<'de> for AsBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = AsBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, _: &[u8]) -> Result<AsBytes, E> {
                Ok(AsBytes)
            }
        }
        deserializer.deserialize_bytes(Any)
    }
}

/// An object's members as they stand there, repeated ones too.
#[derive(Debug)]
pub(super) struct Members(pub(super) Vec<(String, Box<RawValue>)>);

/// What an envelope of these members must be.
struct Expected<'a> {
    event: String,
    payload: &'a str,
    id: Option<&'a str>,
}

impl Members {
    fn expected(&self) -> Option<Expected<'_>> {
        let event = serde_json::from_str::<String>(self.only("event")??).ok()?;
        let id = self.only("id")?.filter(|id| *id != "null");
        let is_id = |id: &str| id.len() <= MAX_ID_BYTES && !id.starts_with(['{', '[', 't', 'f']);
        if event.is_empty() || event.len() > MAX_NAME_BYTES || !id.is_none_or(is_id) {
            return None;
        }
        let payload = self.only("payload")?.unwrap_or("null");
        Some(Expected { event, payload, id })
    }

    /// The one member of this name, or that there is none. `None` if it is there twice.
    pub(super) fn only(&self, name: &str) -> Option<Option<&str>> {
        let mut named = self.0.iter().filter(|(key, _)| key == name);
        let first = named.next().map(|(_, value)| value.get());
        named.next().is_none().then_some(first)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The raw texts are equal, and so are the values where serde_json can hold them.
fn same(ours: &str, theirs: &str) {
    assert_eq!(ours, theirs);
    let value = serde_json::from_str::<Value>(ours);
    assert_eq!(value.ok(), serde_json::from_str(theirs).ok());
}

/// An answer to it is an envelope with the same `id`.
fn answered(envelope: &Envelope<'_>) {
    let Some(id) = envelope.id else { return };
    let mut buffer = Vec::new();
    envelope::write_ack(&mut buffer, id, envelope.payload.get().as_bytes());
    let text = String::from_utf8(buffer).expect("an answer is text");
    let answer = Envelope::parse(&text).expect("an answer is an envelope");
    assert_eq!(answer.event, "orcs:ack");
    assert_eq!(answer.payload.get(), envelope.payload.get());
    assert_eq!(answer.id.map(RawValue::get), Some(id.get()));
}

/// What is written as an envelope is read as the same.
fn written(text: &str) {
    let middle = (0..=text.len() / 2).rfind(|at| text.is_char_boundary(*at));
    let (event, payload) = text.split_at(middle.unwrap_or_default());
    let mut buffer = b"before".to_vec();
    let places = envelope::write(&mut buffer, event, payload).expect("text is JSON");
    let json = str::from_utf8(&buffer[6..]).expect("JSON is text");
    match Envelope::parse(json) {
        Ok(envelope) => {
            assert_eq!(envelope.event, event);
            let name = serde_json::from_slice::<String>(&buffer[places.event]);
            assert_eq!(name.expect("a name"), event);
            assert_eq!(envelope.payload.get().as_bytes(), &buffer[places.payload]);
            let back = serde_json::from_str::<String>(envelope.payload.get());
            assert_eq!(back.expect("a string"), payload);
        }
        Err(_) => assert!(event.is_empty() || event.len() > MAX_NAME_BYTES),
    }
}
