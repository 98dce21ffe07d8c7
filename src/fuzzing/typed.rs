//! Typed objects: what ours finds in one, serde_json's own types must find too.

use super::envelope::Members;
use crate::codec::typed::{self, Object};
use crate::envelope::MAX_ID_BYTES;
use crate::event::MAX_NAME_BYTES;
use serde_json::value::RawValue;

/// Reads `data` as a typed object, and as a payload that goes out as one, and compares both with
/// what serde_json makes of it.
pub fn typed(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let members = serde_json::from_str::<Members>(text).ok();
    let expected = members.as_ref().and_then(Members::named);
    match (Object::parse(text), expected) {
        (Ok(object), Some((event, id))) => {
            assert_eq!(object.event, event);
            assert_eq!(object.id.map(RawValue::get), id);
        }
        (Err(_), None) => {}
        (ours, expected) => panic!("{ours:?} of {text:?}, where it is {expected:?}"),
    }
    // What is no JSON must do no harm either.
    typed::inner(text);
    typed::of_json(br#""e""#, data);
    if let Ok(payload) = serde_json::from_str::<&RawValue>(text) {
        let written = typed::of_json(br#""e""#, payload.get().as_bytes());
        let written = str::from_utf8(&written).expect("JSON is text");
        is_in(written, payload, members.as_ref());
    }
}

/// An object says all that its payload says, behind a `type` that stands there once.
fn is_in(written: &str, payload: &RawValue, members: Option<&Members>) {
    let is_object = payload.get().starts_with('{');
    if is_object && members.is_none() {
        // A key that is no text: it stays as it came.
        assert!(
            serde_json::from_str::<&RawValue>(written).is_ok(),
            "{written}"
        );
        return;
    }
    let Members(found) = serde_json::from_str(written).expect("it is an object");
    let found: Vec<_> = (found.iter().map(|(key, value)| (&**key, value.get()))).collect();
    let mut expected = vec![("type", r#""e""#)];
    match members {
        Some(Members(members)) => expected.extend(
            (members.iter().map(|(key, value)| (&**key, value.get())))
                .filter(|(key, _)| *key != "type"),
        ),
        None => expected.push(("payload", payload.get())),
    }
    assert_eq!(found, expected, "of {}", payload.get());
}

impl Members {
    /// The event and the `id` of an object that names itself.
    fn named(&self) -> Option<(String, Option<&str>)> {
        let event = serde_json::from_str::<String>(self.only("type")??).ok()?;
        let id = self.only("id")?.filter(|id| *id != "null");
        let is_id = |id: &&str| id.len() <= MAX_ID_BYTES && !id.starts_with(['{', '[', 't', 'f']);
        let is_name = (1..=MAX_NAME_BYTES).contains(&event.len());
        is_name.then(|| (event, id.filter(is_id)))
    }
}
