//! The envelope: `{"event":"message","payload":{..},"id":7}`, what a route speaks unless it says
//! otherwise.

mod glance;

pub(crate) use glance::Glance;

use crate::event::{MAX_NAME_BYTES, ack};
use crate::json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// What a client sent, borrowed from the bytes it came in.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) event: Cow<'a, str>,
    pub(crate) payload: &'a RawValue,
    /// Asks for exactly one answer; a number or a short string, echoed as it came.
    pub(crate) id: Option<&'a RawValue>,
}

/// A text that is no envelope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The seed's exact words for it.
pub(crate) const MALFORMED: &str = "Invalid message format";

impl<'a> Envelope<'a> {
    /// Reads an envelope. Unknown members are ignored, a missing payload is `null`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        // serde reads a struct from an array too; an envelope is an object.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Malformed);
        }
        let members: Members<'a> = serde_json::from_str(text).map_err(|_| Malformed)?;
        check(&members.event, members.id)?;
        Ok(Self {
            event: members.event,
            payload: members.payload.unwrap_or(RawValue::NULL),
            id: members.id,
        })
    }
}

/// Where in a buffer the two halves of an event lie, both JSON.
pub(crate) struct Places {
    pub(crate) event: Range<usize>,
    pub(crate) payload: Range<usize>,
}

/// Appends `{"event":..,"payload":..}`, and tells where it put them.
pub(crate) fn write(
    buffer: &mut Vec<u8>,
    event: &str,
    payload: &(impl Serialize + ?Sized),
) -> serde_json::Result<Places> {
    buffer.extend_from_slice(br#"{"event":"#);
    let start = buffer.len();
    json::append(buffer, event)?;
    let event = start..buffer.len();
    buffer.extend_from_slice(br#","payload":"#);
    let start = buffer.len();
    json::append(buffer, payload)?;
    let payload = start..buffer.len();
    buffer.push(b'}');
    Ok(Places { event, payload })
}

/// Appends the one answer to a frame that carried an `id`:
/// `{"event":"orcs:ack","payload":..,"id":7}`.
pub(crate) fn write_ack(buffer: &mut Vec<u8>, id: &RawValue, payload: &[u8]) {
    let begin = concat!(r#"{"event":""#, ack!(), r#"","payload":"#);
    write_answer(buffer, begin, payload, id);
}

/// Appends an object's beginning, the value of its last member, and the `id` that it answers.
#[inline]
pub(crate) fn write_answer(buffer: &mut Vec<u8>, begin: &str, last: &[u8], id: &RawValue) {
    for part in [
        begin.as_bytes(),
        last,
        br#","id":"#,
        id.get().as_bytes(),
        b"}",
    ] {
        buffer.extend_from_slice(part);
    }
}

/// Adds the `id` that it answers to the object that ends the buffer, which has a member.
pub(crate) fn add_id(buffer: &mut Vec<u8>, id: &RawValue) {
    buffer.pop();
    write_answer(buffer, "", b"", id);
}

/// What went wrong: the payload of an `error` event.
#[derive(Serialize)]
pub(crate) struct Failure<'a> {
    pub(crate) message: &'a str,
    pub(crate) code: &'a str,
    /// Milliseconds after which it may succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u64>,
}

impl Failure<'_> {
    /// Appends `{"message":..,"code":..}`, with `retry_after` if there is one.
    pub(crate) fn write(&self, buffer: &mut Vec<u8>) {
        serde_json::to_writer(buffer, self).expect("strings serialise");
    }
}

/// Appends `{"event":"error","payload":{"message":..,"code":..}}`, with the `id` if there was one.
pub(crate) fn write_error(buffer: &mut Vec<u8>, failure: &Failure<'_>, id: Option<&RawValue>) {
    #[derive(Serialize)]
    struct Error<'a> {
        event: &'a str,
        payload: &'a Failure<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
    }
    let error = Error {
        event: "error",
        payload: failure,
        id,
    };
    serde_json::to_writer(buffer, &error).expect("strings serialise");
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// Whether an event can have this name, and its sender can be answered by this `id`.
pub(crate) fn check(event: &str, id: Option<&RawValue>) -> Result<(), Malformed> {
    let fits = is_name(event) && id.is_none_or(|id| is_id(id.get()));
    fits.then_some(()).ok_or(Malformed)
}

/// Whether an event can have this name.
pub(crate) fn is_name(event: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&event.len())
}

/// Whether this JSON is a number or a string, short enough to be echoed.
pub(crate) fn is_id(json: &str) -> bool {
    json.len() <= MAX_ID_BYTES
        && json.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

/// 64 bytes of id and its quotes.
pub(crate) const MAX_ID_BYTES: usize = 66;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_borrows_its_payload() {
        let text = r#"{"event":"join","payload":{"room":"lobby"},"id":7,"later":true}"#;
        let envelope = Envelope::parse(text).unwrap();
        assert!(matches!(envelope.event, Cow::Borrowed("join")));
        assert_eq!(envelope.payload.get(), r#"{"room":"lobby"}"#);
        assert_eq!(envelope.id.unwrap().get(), "7");
    }

    #[test]
    fn an_escaped_name_is_the_same_event() {
        let envelope = Envelope::parse(r#"{"event":"mess\u0061ge"}"#).unwrap();
        assert_eq!(envelope.event, "message");
        assert_eq!(envelope.payload.get(), "null");
    }

    #[test]
    fn what_was_written_lies_at_its_places() {
        for event in ["news", "\"", r#"{"event":"#, r#"","payload":"#] {
            let mut buffer = b"before".to_vec();
            let Places {
                event: name,
                payload,
            } = write(&mut buffer, event, &[7]).unwrap();
            assert_eq!(buffer[name], serde_json::to_vec(event).unwrap());
            assert_eq!(&buffer[payload], b"[7]");
        }
    }

    #[test]
    fn numbers_pass_through_exactly() {
        let envelope = Envelope::parse(r#"{"event":"n","payload":9007199254740993}"#).unwrap();
        assert_eq!(envelope.payload.get(), "9007199254740993");
    }

    #[test]
    fn everything_else_is_malformed() {
        let long_name = format!(r#"{{"event":"{}"}}"#, "e".repeat(129));
        let long_id = format!(r#"{{"event":"e","id":"{}"}}"#, "i".repeat(65));
        let deep = "[".repeat(100_000);
        for text in [
            "",
            " ",
            "null",
            "7",
            r#""join""#,
            "{",
            "[]",
            "{}",
            r#"["join",{}]"#,
            r#"{"event":7}"#,
            r#"{"event":null}"#,
            r#"{"payload":{}}"#,
            r#"{"event":"","payload":{}}"#,
            r#"{"event":"a","event":"b"}"#,
            r#"{"event":"a"} x"#,
            "\u{feff}{\"event\":\"a\"}",
            r#"{"event":"a","id":{}}"#,
            r#"{"event":"a","id":true}"#,
            r#"{"event":"\ud800"}"#,
            "{\"event\":\"a\u{1}\"}",
            &long_name,
            &long_id,
            &deep,
        ] {
            assert_eq!(Envelope::parse(text).err(), Some(Malformed), "{text:.60}");
        }
    }

    #[test]
    fn the_plain_wire_has_these_bytes() {
        let mut buffer = Vec::new();
        write(&mut buffer, "message", &serde_json::json!({"text": "hi"})).unwrap();
        assert_eq!(buffer, br#"{"event":"message","payload":{"text":"hi"}}"#);

        let mut buffer = Vec::new();
        let id = RawValue::from_string("7".to_owned()).unwrap();
        write_ack(&mut buffer, &id, b"null");
        assert_eq!(buffer, br#"{"event":"orcs:ack","payload":null,"id":7}"#);

        let mut buffer = Vec::new();
        let failure = Failure {
            message: MALFORMED,
            code: "bad_frame",
            retry_after: None,
        };
        write_error(&mut buffer, &failure, None);
        assert_eq!(
            buffer,
            br#"{"event":"error","payload":{"message":"Invalid message format","code":"bad_frame"}}"#
        );

        let mut buffer = Vec::new();
        let failure = Failure {
            message: "Too many messages",
            code: "rate_limited",
            retry_after: Some(10),
        };
        write_error(&mut buffer, &failure, Some(&id));
        assert_eq!(
            buffer,
            br#"{"event":"error","payload":{"message":"Too many messages","code":"rate_limited","retry_after":10},"id":7}"#
        );
    }
}
