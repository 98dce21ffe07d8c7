//! A line as it is typed: an event and its payload, JSON as it stands, or a command.

use std::path::PathBuf;
use std::time::Duration;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing: an empty line, or a comment.
    Empty,
    /// An envelope with this event and this payload, which is JSON.
    Event {
        event: String,
        payload: String,
    },
    /// A text as it stands.
    Text(String),
    Binary(Bytes),
    Ping(String),
    Close {
        code: u16,
        reason: String,
    },
    /// Whether events ask for an answer from now on.
    Ids(bool),
    Help,
    Quit,
}

/// Where a binary message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    Given(Vec<u8>),
    File(PathBuf),
}

/// Every command, what follows it, and what it does.
pub const COMMANDS: [(&str, &str, &str); 9] = [
    (
        "/send",
        "EVENT [JSON]",
        "an event whose name is a command's or a script's word",
    ),
    ("/raw", "TEXT", "a text as it stands, without an envelope"),
    (
        "/binary",
        "HEX|FILE",
        "a binary message: digits as 00ff2a, or what a file holds",
    ),
    ("/ping", "[TEXT]", "a ping; shows how long its pong took"),
    (
        "/id",
        "on|off",
        "whether events ask for an answer (`ack 0.4 ms`)",
    ),
    (
        "/close",
        "[CODE [REASON]]",
        "close with this code (1000) and leave",
    ),
    ("/help", "", "this list"),
    ("/quit", "", "close and leave, as Ctrl-D does"),
    ("/exit", "", "the same"),
];

/// Reads a line; the error says what is wrong with it.
pub fn parse(line: &str) -> Result<Line, String> {
    let line = line.trim();
    match line.chars().next() {
        None | Some('#') => Ok(Line::Empty),
        Some('/') => command(line),
        Some('{' | '[') => {
            is_json(line)?;
            Ok(Line::Text(line.to_owned()))
        }
        Some(_) => event(line),
    }
}

/// `join {"room":"lobby"}`; without a payload it is `null`.
fn event(line: &str) -> Result<Line, String> {
    let (event, payload) = cut(line);
    Ok(Line::Event {
        event: event.to_owned(),
        payload: self::payload(payload)?,
    })
}

/// A payload is JSON, or else a text: `echo hello there` sends `"hello there"`. What begins as
/// an object, a list or a string and is none was meant to be one, so it is not sent as a text.
pub fn payload(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok("null".to_owned());
    }
    match is_json(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(why) if text.starts_with(['{', '[', '"']) => Err(why),
        Err(_) => Ok(serde_json::Value::from(text).to_string()),
    }
}

fn is_json(text: &str) -> Result<(), String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map(drop)
        .map_err(|e| format!("this is not JSON: {e}"))
}

fn command(line: &str) -> Result<Line, String> {
    let (name, rest) = cut(line);
    match name {
        "/send" if rest.is_empty() => {
            Err("/send needs an event: /send join {\"room\":\"lobby\"}".into())
        }
        "/send" => event(rest),
        "/raw" => Ok(Line::Text(rest.to_owned())),
        "/binary" => binary(rest).map(Line::Binary),
        "/ping" if rest.len() > MAX_PING => Err(format!("a ping carries at most {MAX_PING} bytes")),
        "/ping" => Ok(Line::Ping(rest.to_owned())),
        "/close" => close(rest),
        "/id" => match rest {
            "on" => Ok(Line::Ids(true)),
            "off" => Ok(Line::Ids(false)),
            _ => Err("/id is `on` or `off`".into()),
        },
        "/help" | "/?" => Ok(Line::Help),
        "/quit" | "/exit" | "/q" => Ok(Line::Quit),
        _ => Err(format!(
            "there is no command `{name}`; /help lists them, /raw sends a text as it is"
        )),
    }
}

fn binary(text: &str) -> Result<Bytes, String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    if digits.is_empty() {
        return Err("/binary needs digits such as 00ff2a, or a file".into());
    }
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Ok(Bytes::File(text.into()));
    }
    if digits.len() % 2 == 1 {
        return Err(format!(
            "`{text}` is half a byte short: two digits are a byte, ./{text} is a file"
        ));
    }
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
    let bytes = digits
        .chunks_exact(2)
        .map(|pair| 16 * value(pair[0]) + value(pair[1]));
    Ok(Bytes::Given(bytes.collect()))
}

/// A client may send 1000 and what an app has made up (RFC 6455, 7.4); the other codes are the
/// protocol's own.
fn close(text: &str) -> Result<Line, String> {
    let (code, reason) = cut(text);
    let code = match code {
        "" => 1000,
        code => code
            .parse()
            .ok()
            .filter(|code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999))
            .ok_or_else(|| {
                format!("`{code}` is no close code that may be sent (1000, or 3000 to 4999)")
            })?,
    };
    if reason.len() > MAX_REASON {
        return Err(format!("a reason has at most {MAX_REASON} bytes"));
    }
    Ok(Line::Close {
        code,
        reason: reason.to_owned(),
    })
}

/// The first word, and what follows it.
pub fn cut(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim_start())
}

/// `500ms`, `2s`, or a number of seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .or_else(|| humantime::parse_duration(text).ok())
        .ok_or_else(|| format!("`{text}` is no duration (example: 500ms, 2s)"))
}

/// A control frame has 125 bytes (RFC 6455, 5.5), a close frame two less for its code.
const MAX_PING: usize = 125;
const MAX_REASON: usize = 123;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(event: &str, payload: &str) -> Result<Line, String> {
        Ok(Line::Event {
            event: event.into(),
            payload: payload.into(),
        })
    }

    #[test]
    fn a_payload_is_json_or_else_a_text() {
        assert_eq!(
            parse(r#"join {"room":"a b"}"#),
            sent("join", r#"{"room":"a b"}"#)
        );
        assert_eq!(parse("  join  "), sent("join", "null"));
        assert_eq!(parse("add 1"), sent("add", "1"));
        assert_eq!(parse("echo hello there"), sent("echo", r#""hello there""#));
        assert_eq!(parse("echo it's \"so\""), sent("echo", r#""it's \"so\"""#));
    }

    #[test]
    fn json_with_a_slip_is_not_sent_as_a_text() {
        for line in [
            r#"join {"room":}"#,
            "add [1,",
            "echo \"half",
            r#"{"event":"#,
            "[1",
        ] {
            let why = parse(line).unwrap_err();
            assert!(why.starts_with("this is not JSON: "), "{line}: {why}");
        }
    }

    #[test]
    fn what_begins_as_json_is_sent_as_it_stands() {
        let line = r#"{"event":"join","payload":null}"#;
        assert_eq!(parse(line), Ok(Line::Text(line.into())));
    }

    #[test]
    fn commands_are_read_with_what_follows_them() {
        let close = |code, reason: &str| Line::Close {
            code,
            reason: reason.into(),
        };
        for (line, read) in [
            ("", Line::Empty),
            ("# a comment", Line::Empty),
            ("/raw  {no json", Line::Text("{no json".into())),
            (
                "/binary 00 fF2a",
                Line::Binary(Bytes::Given(vec![0, 255, 42])),
            ),
            (
                "/binary ./a.png",
                Line::Binary(Bytes::File("./a.png".into())),
            ),
            ("/ping", Line::Ping(String::new())),
            ("/ping hi", Line::Ping("hi".into())),
            ("/close", close(1000, "")),
            ("/close 4000 good bye", close(4000, "good bye")),
            ("/id off", Line::Ids(false)),
            ("/help", Line::Help),
            ("/quit", Line::Quit),
        ] {
            assert_eq!(parse(line), Ok(read), "{line}");
        }
        assert_eq!(parse("/send wait 1"), sent("wait", "1"));
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        let long = format!("/close 1000 {}", "x".repeat(124));
        for line in [
            "/close 1005",
            "/close 999",
            "/close 70000",
            "/close x",
            &long,
            "/binary abc",
            "/binary",
            "/id",
            "/nope",
            "/send",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("/nope").unwrap_err().contains("`/nope`"));
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        for text in ["", "soon", "-1", "nan", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
