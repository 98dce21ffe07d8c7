//! Names that become names in Rust: of routes, of events, of fields.

use crate::new::name::{KEYWORDS, Name};
use crate::terminal::{Failure, shell};

/// The name of a file of the app's, and of the module and the function in it.
#[derive(Clone, Debug)]
pub struct FileName(String);

impl FileName {
    /// `kind` is what is to be named: `route`, `middleware`.
    pub fn parse(kind: &str, text: &str) -> Result<Self, Failure> {
        match Name::parse(text) {
            Ok(name) => Ok(Self(name.as_str().replace('-', "_"))),
            Err(reason) => {
                let text = shell::visible(text);
                let message = format!("`{text}` cannot be the name of a {kind}: {reason}");
                let help = format!("orcs generate {kind} {}", Name::suggest(&text));
                Err(Failure::new(message).help(help))
            }
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an event, and what follows from it.
#[derive(Clone, Debug)]
pub struct EventName {
    /// As clients say it: `user-joined`.
    pub wire: String,
    /// `on_user_joined`: never the name of a route, nor a keyword.
    pub handler: String,
    /// `UserJoined`.
    pub payload: String,
}

impl EventName {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let refuse = |reason: &str| {
            let text = shell::visible(text);
            let message = format!("`{text}` cannot be the name of an event: {reason}");
            Failure::new(message).help("an event is a verb or what happened: message, user-joined")
        };
        let is_first = |c: char| c.is_ascii_alphabetic();
        let is_other = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if !text.starts_with(is_first) || !text.chars().all(is_other) || text.len() > MAX_BYTES {
            return Err(refuse(
                "it begins with a letter, then at most 63 letters, digits, `-`, `_`, `.` or `:`",
            ));
        }
        if text.starts_with("orcs:") {
            return Err(refuse(
                "names that begin with `orcs:` are the framework's own",
            ));
        }
        if LIFECYCLE.contains(&text) {
            return Err(refuse(&format!(
                "it is a moment of a connection's life; write `.{}(..)` into the route",
                match text {
                    "open" => "connect",
                    "close" => "disconnect",
                    moment => moment,
                }
            )));
        }
        let snake = snake(text);
        let pascal = pascal(&snake);
        let payload = match TAKEN.contains(&&*pascal) {
            true => format!("{pascal}Payload"),
            false => pascal,
        };
        Ok(Self {
            wire: text.to_owned(),
            handler: format!("on_{snake}"),
            payload,
        })
    }
}

/// As long as a name of the app's own.
const MAX_BYTES: usize = 64;

/// What `.on(..)` refuses.
const LIFECYCLE: [&str; 6] = ["connect", "open", "disconnect", "close", "drain", "error"];

/// Types that a file of routes knows already.
#[rustfmt::skip]
const TAKEN: [&str; 42] = [
    // orcs' prelude.
    "Bytes", "Client", "ClientId", "Close", "Compression", "Event", "Failed", "Missed", "Profile",
    "RateLimit", "Refusal", "Reject", "Reply", "Request", "RoomRules", "Route", "Routes", "Rule",
    "SlowConsumer", "WebSocketManager", "Serialize", "Deserialize",
    // Rust's.
    "Box", "Clone", "Copy", "Debug", "Default", "Drop", "Err", "Fn", "From", "Into", "Iterator",
    "None", "Ok", "Option", "Result", "Self", "Send", "Some", "String", "Vec",
];

/// One field of a payload.
#[derive(Clone, Debug)]
pub struct Field {
    /// As clients say it.
    pub wire: String,
    /// As Rust says it.
    pub ident: String,
    pub kind: String,
    /// What a test sends.
    pub sample: String,
}

impl Field {
    /// `room:string`, `tags:string[]`, `answerTo:string?`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let refuse = |reason: &str| {
            let message = format!("`{}` is no field: {reason}", shell::visible(text));
            Failure::new(message).help("a field is a name and a type: room:string, tags:string[]?")
        };
        let (name, kind) = (text.split_once(':')).ok_or_else(|| refuse("there is no type"))?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_first = |c: char| c.is_ascii_alphabetic();
        if !name.starts_with(is_first) || !name.chars().all(is_word) || name.len() > MAX_BYTES {
            return Err(refuse(
                "its name begins with a letter, then come letters, digits or `_`",
            ));
        }
        let snake = snake(name);
        let ident = match KEYWORDS.contains(&&*snake) {
            true => format!("{snake}_"),
            false => snake,
        };
        let (kind, sample) = read_kind(kind).ok_or_else(|| refuse(KINDS))?;
        Ok(Self {
            wire: name.to_owned(),
            ident,
            kind,
            sample,
        })
    }

    /// The lines of it in a struct.
    pub fn declaration(&self) -> String {
        let rename = match self.ident == self.wire {
            true => String::new(),
            false => format!("    #[serde(rename = \"{}\")]\n", self.wire),
        };
        format!("{rename}    {}: {},\n", self.ident, self.kind)
    }
}

const KINDS: &str = "its type is string, boolean, integer, number, or one of Rust's numbers \
                     such as u8; each with `[]` behind it for many, and `?` for none";

fn read_kind(text: &str) -> Option<(String, String)> {
    if let Some(inner) = text.strip_suffix('?') {
        let (kind, sample) = read_kind(inner)?;
        return (!inner.ends_with('?')).then(|| (format!("Option<{kind}>"), sample));
    }
    if let Some(inner) = text.strip_suffix("[]") {
        let (kind, sample) = read_kind(inner)?;
        return Some((format!("Vec<{kind}>"), format!("[{sample}]")));
    }
    let (kind, sample) = match text {
        "string" | "text" | "String" => ("String", "\"hello\""),
        "boolean" | "bool" => ("bool", "true"),
        "integer" | "int" => ("i64", "1"),
        "number" | "float" => ("f64", "1.5"),
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => (text, "1"),
        "f32" | "f64" => (text, "1.5"),
        _ => return None,
    };
    Some((kind.to_owned(), sample.to_owned()))
}

/// `userJoined`, `user-joined` and `user.joined` are `user_joined`.
fn snake(text: &str) -> String {
    let mut snake = String::new();
    let mut was_small = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            if !snake.ends_with('_') {
                snake.push('_');
            }
        } else {
            if c.is_ascii_uppercase() && was_small {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    snake.trim_end_matches('_').to_owned()
}

fn pascal(snake: &str) -> String {
    let words = snake.split('_').filter(|word| !word.is_empty());
    let word = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    words.map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_handler_and_its_payload() {
        for (wire, handler, payload) in [
            ("message", "on_message", "Message"),
            ("user-joined", "on_user_joined", "UserJoined"),
            ("userJoined", "on_user_joined", "UserJoined"),
            ("game:move.2", "on_game_move_2", "GameMove2"),
            ("type", "on_type", "Type"),
            ("client", "on_client", "ClientPayload"),
            ("string", "on_string", "StringPayload"),
            ("self", "on_self", "SelfPayload"),
            ("a--b", "on_a_b", "AB"),
        ] {
            let event = EventName::parse(wire).unwrap();
            assert_eq!((&*event.handler, &*event.payload), (handler, payload));
        }
    }

    #[test]
    fn a_name_that_no_event_can_have_is_refused() {
        let long = "x".repeat(65);
        for name in [
            "",
            "1",
            "-x",
            "a b",
            "a\"b",
            "a\nb",
            "caf\u{e9}",
            "orcs:auth",
            "connect",
            "close",
            "error",
            &long,
            "\u{202e}x",
            "a){}",
            "../x",
        ] {
            assert!(EventName::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_no_file_can_have_is_refused() {
        for name in [
            "",
            "Chat",
            "fn",
            "mod",
            "self",
            "std",
            "orcs",
            "serde",
            "../x",
            "a/b",
            "a.b",
            "x y",
            "con",
            "\u{1b}[2J",
        ] {
            let refusal = FileName::parse("route", name).unwrap_err();
            let refusal = format!("{refusal:?}");
            assert!(refusal.contains("orcs generate route "), "{refusal}");
            assert!(!refusal.contains('\u{1b}'), "{refusal}");
        }
        assert_eq!(
            FileName::parse("route", "my-chat").unwrap().as_str(),
            "my_chat"
        );
    }

    #[test]
    fn a_field_has_a_type_that_rust_knows() {
        for (text, lines) in [
            ("room:string", "    room: String,\n"),
            ("tags:string[]", "    tags: Vec<String>,\n"),
            ("at:number?", "    at: Option<f64>,\n"),
            ("ids:u32[]?", "    ids: Option<Vec<u32>>,\n"),
            (
                "clientId:integer",
                "    #[serde(rename = \"clientId\")]\n    client_id: i64,\n",
            ),
            (
                "type:bool",
                "    #[serde(rename = \"type\")]\n    type_: bool,\n",
            ),
        ] {
            assert_eq!(Field::parse(text).unwrap().declaration(), lines);
        }
        for text in [
            "room",
            "room:",
            ":string",
            "room:Strin",
            "a b:string",
            "1:string",
            "_:string",
            "x:string??",
            "x:HashMap<String, X>",
            "caf\u{e9}:string",
        ] {
            assert!(Field::parse(text).is_err(), "{text:?}");
        }
    }
}
