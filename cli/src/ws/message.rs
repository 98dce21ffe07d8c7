//! What came: an envelope, or what it is instead.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// `{"event":"message","payload":{..},"id":7}`, borrowed from its text.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
}

/// The framework's answer to an event that carried an `id`.
pub const ACK: &str = "orcs:ack";

/// The framework's word for an event that failed.
pub const ERROR: &str = "error";

impl<'a> Envelope<'a> {
    /// `None` for any other text.
    pub fn parse(text: &'a str) -> Option<Self> {
        if !text.trim_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(text).ok()
    }

    /// The payload's JSON; a missing one is `null`.
    pub fn payload(&self) -> &'a str {
        self.payload.map_or("null", RawValue::get)
    }

    /// Which of our own events this answers.
    pub fn answers(&self) -> Option<u64> {
        let is_answer = matches!(&*self.event, ACK | ERROR);
        self.id.filter(|_| is_answer)?.get().parse().ok()
    }
}

/// An envelope as it goes out.
pub fn envelope(event: &str, payload: &str, id: Option<u64>) -> String {
    let event = serde_json::Value::from(event);
    let id = id.map(|id| format!(r#","id":{id}"#)).unwrap_or_default();
    format!(r#"{{"event":{event},"payload":{payload}{id}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_of_ours_are_answers() {
        let answers = |text| Envelope::parse(text).and_then(|envelope| envelope.answers());
        assert_eq!(
            answers(r#"{"event":"orcs:ack","payload":null,"id":7}"#),
            Some(7)
        );
        assert_eq!(answers(r#"{"event":"error","payload":{},"id":7}"#), Some(7));
        for other in [
            r#"{"event":"news","payload":null,"id":7}"#,
            r#"{"event":"orcs:ack","payload":null}"#,
            r#"{"event":"orcs:ack","payload":null,"id":"seven"}"#,
            r#"["orcs:ack"]"#,
            "text",
        ] {
            assert_eq!(answers(other), None, "{other}");
        }
    }

    #[test]
    fn an_envelope_is_what_the_framework_reads() {
        assert_eq!(
            envelope("a\"b", r#"{"room":"x"}"#, Some(3)),
            r#"{"event":"a\"b","payload":{"room":"x"},"id":3}"#
        );
        assert_eq!(
            envelope("join", "null", None),
            r#"{"event":"join","payload":null}"#
        );
    }
}
