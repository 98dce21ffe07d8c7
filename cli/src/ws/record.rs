//! What happened, as lines of JSON for scripts.

use super::closing::Closing;
use super::json;
use super::message::Envelope;
use super::seen::hex;
use super::show::{Answer, Way};
use std::fmt::Write as _;
use std::time::Duration;
use tungstenite::Message;

/// `{"time":..,"kind":"open","url":..,"protocol":null,"ms":0.8}`
pub fn opened(url: &str, protocol: Option<&str>, took: Duration) -> String {
    let protocol = protocol.map_or("null".to_owned(), quoted);
    format!(
        r#"{{"time":"{}","kind":"open","url":{},"protocol":{protocol},"ms":{}}}"#,
        orcs::timestamp(),
        quoted(url),
        milliseconds(took)
    )
}

/// `{"time":..,"kind":"close","code":1000,"reason":""}`
pub fn closed(closing: &Closing) -> String {
    format!(
        r#"{{"time":"{}","kind":"close","code":{},"reason":{}}}"#,
        orcs::timestamp(),
        closing.code,
        quoted(&closing.reason)
    )
}

/// `{"time":..,"kind":"message","direction":"in","event":..,"payload":..}`
pub fn message(way: Way, message: &Message, answer: Option<Answer<'_>>) -> Option<String> {
    let direction = match way {
        Way::In => "in",
        Way::Out => "out",
    };
    let begin = |kind| {
        let time = orcs::timestamp();
        format!(r#"{{"time":"{time}","kind":"{kind}","direction":"{direction}""#)
    };
    let mut line = match message {
        Message::Text(text) => match Envelope::parse(text) {
            Some(envelope) => {
                let payload = json::compact(envelope.payload());
                let id = envelope
                    .id
                    .map(|id| format!(r#","id":{}"#, json::compact(id.get())));
                format!(
                    r#"{},"event":{},"payload":{payload}{}"#,
                    begin("message"),
                    quoted(&envelope.event),
                    id.unwrap_or_default()
                )
            }
            None => {
                format!(r#"{},"text":{}"#, begin("text"), quoted(text))
            }
        },
        Message::Binary(bytes) => {
            let (length, hex) = (bytes.len(), hex(bytes, usize::MAX));
            format!(r#"{},"bytes":{length},"hex":"{hex}""#, begin("binary"))
        }
        Message::Ping(_) if way == Way::Out => begin("ping"),
        Message::Pong(_) => begin("pong"),
        _ => return None,
    };
    if let Some(answer) = answer {
        _ = write!(line, r#","ms":{}"#, milliseconds(answer.took));
    }
    line.push('}');
    Some(line)
}

/// A JSON string that cannot steer a terminal.
fn quoted(text: &str) -> String {
    json::compact(&serde_json::Value::from(text).to_string())
}

/// To a tenth.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_json() {
        let line = |message: &Message, took: Option<Duration>| {
            let answer = took.map(|took| Answer { took, to: None });
            let line = super::message(Way::In, message, answer).unwrap();
            let mut line: serde_json::Value = serde_json::from_str(&line).unwrap();
            let time = line.as_object_mut().unwrap().remove("time").unwrap();
            assert!(time.as_str().unwrap().ends_with('Z'));
            line.to_string()
        };
        assert_eq!(
            line(&Message::text("{ \"event\":\"a\u{202e}\",\n\"payload\":[1],\"id\":7}"), Some(Duration::from_micros(420))),
            serde_json::json!({"kind": "message", "direction": "in", "event": "a\u{202e}", "payload": [1], "id": 7, "ms": 0.4}).to_string()
        );
        assert_eq!(
            line(&Message::text("plain"), None),
            serde_json::json!({"kind": "text", "direction": "in", "text": "plain"}).to_string()
        );
        assert_eq!(
            line(&Message::binary(vec![0, 255]), None),
            serde_json::json!({"kind": "binary", "direction": "in", "bytes": 2, "hex": "00ff"})
                .to_string()
        );
    }
}
