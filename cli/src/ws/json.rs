//! JSON as a server wrote it, laid out for reading: its order of keys and its numbers stay.

use crate::terminal::shell;
use owo_colors::OwoColorize;
use std::fmt::Write as _;

/// How much room there is, and what may be done with it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// JSON of more characters is laid out over lines.
    pub width: usize,
    pub colours: bool,
    /// Whether long texts and long documents lose their ends.
    pub shorten: bool,
}

/// JSON on one line, without a character that could steer a terminal; it still says the same.
pub fn compact(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for token in tokens(json) {
        escape(&mut line, token);
    }
    line
}

/// JSON to be read by people: on one line where it fits, else indented below `margin` spaces.
pub fn pretty(json: &str, margin: usize, look: Look) -> String {
    let fits = look.width.saturating_sub(margin);
    let long = json.len() > fits.saturating_mul(4) || compact(json).chars().count() > fits;
    let mut page = Page::new(margin, look);
    let mut tokens = tokens(json).peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().copied();
        page.put(token, next, long);
        if look.shorten && page.lines > MAX_LINES {
            page.text.push_str(" … (--raw shows all of it)");
            break;
        }
    }
    page.text
}

struct Page {
    text: String,
    depth: usize,
    lines: usize,
    margin: usize,
    look: Look,
}

impl Page {
    fn new(margin: usize, look: Look) -> Self {
        Self {
            text: String::new(),
            depth: 0,
            lines: 1,
            margin,
            look,
        }
    }

    fn put(&mut self, token: &str, next: Option<&str>, over_lines: bool) {
        match token {
            "{" | "[" => {
                self.text.push_str(token);
                let is_empty = matches!(next, Some("}" | "]"));
                self.depth += 1;
                if over_lines && !is_empty {
                    self.line();
                }
            }
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                let is_empty = self.text.ends_with(['{', '[']);
                if over_lines && !is_empty {
                    self.line();
                }
                self.text.push_str(token);
            }
            "," => {
                self.text.push(',');
                if over_lines {
                    self.line();
                }
            }
            ":" => self.text.push_str(if over_lines { ": " } else { ":" }),
            _ => self.value(token, next == Some(":")),
        }
    }

    fn value(&mut self, token: &str, is_key: bool) {
        let mut word = String::new();
        let length = token.chars().count();
        if self.look.shorten && length > MAX_TEXT {
            let head: String = token.chars().take(MAX_TEXT / 2).collect();
            escape(&mut word, &head);
            _ = write!(word, "…\" ({} characters)", length - 2);
        } else {
            escape(&mut word, token);
        }
        let is_text = token.starts_with('"');
        _ = match (self.look.colours, is_key, is_text) {
            (false, ..) => write!(self.text, "{word}"),
            (true, true, _) => write!(self.text, "{}", word.cyan()),
            (true, false, true) => write!(self.text, "{}", word.green()),
            (true, false, false) => write!(self.text, "{}", word.yellow()),
        };
    }

    fn line(&mut self) {
        self.lines += 1;
        let indent = self.margin + 2 * self.depth;
        _ = write!(self.text, "\n{:indent$}", "");
    }
}

/// A character without a look of its own can only stand in a string, where JSON has an escape.
fn escape(text: &mut String, token: &str) {
    for c in token.chars() {
        if shell::is_unseen(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
}

/// The pieces of valid JSON: a bracket, a comma, a colon, a string with its quotes, a word.
fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let first = rest.chars().next()?;
        let end = match first {
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            '"' => end_of_string(rest),
            _ => rest
                .find([',', ':', ']', '}', '"', ' ', '\t', '\r', '\n'])
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Three lines of a terminal.
const MAX_TEXT: usize = 240;

/// About a screen.
const MAX_LINES: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look {
        width: 40,
        colours: false,
        shorten: true,
    };

    #[test]
    fn order_and_numbers_stay() {
        let json = "{ \"z\": 12345678901234567890123,\n \"a\" : [1.0, -0, true, null, {}, [ ]] }";
        assert_eq!(
            compact(json),
            r#"{"z":12345678901234567890123,"a":[1.0,-0,true,null,{},[]]}"#
        );
    }

    #[test]
    fn a_text_cannot_steer_the_terminal_and_still_says_the_same() {
        let json = "{\"a\":\"\u{202e}x\u{e0041}\u{7f}\u{9b}1m\",\"b\":\"q\\\"}\\\\\"}";
        let safe = compact(json);
        assert_eq!(
            safe,
            r#"{"a":"\u202ex\udb40\udc41\u007f\u009b1m","b":"q\"}\\"}"#
        );
        let values = [json, &safe].map(serde_json::from_str::<serde_json::Value>);
        let [Ok(one), Ok(other)] = values else {
            panic!("both are JSON")
        };
        assert_eq!(one, other);
    }

    #[test]
    fn what_fits_stays_on_its_line() {
        assert_eq!(
            pretty(r#"{"room": "lobby"}"#, 2, PLAIN),
            r#"{"room":"lobby"}"#
        );
        let long = r#"{"room":"lobby","members":["ann","bob","eve"],"none":[]}"#;
        let lines = "{\n    \"room\": \"lobby\",\n    \"members\": [\n      \"ann\",\n      \"bob\",\n      \"eve\"\n    ],\n    \"none\": []\n  }";
        assert_eq!(pretty(long, 2, PLAIN), lines);
    }

    #[test]
    fn long_texts_and_documents_lose_their_ends() {
        let text = format!("\"{}\"", "é".repeat(10_000));
        let short = pretty(&text, 0, PLAIN);
        assert!(short.ends_with("é…\" (10000 characters)"), "{short}");
        let list = format!("[{}0]", "1,".repeat(1000));
        let short = pretty(&list, 0, PLAIN);
        assert!(short.lines().count() <= MAX_LINES + 1);
        assert!(short.ends_with("… (--raw shows all of it)"), "{short}");
    }

    #[test]
    fn colours_tell_keys_from_values() {
        let look = Look {
            colours: true,
            ..PLAIN
        };
        let shown = pretty(r#"{"a":"b"}"#, 0, look);
        assert_eq!(
            shown,
            "{\u{1b}[36m\"a\"\u{1b}[39m:\u{1b}[32m\"b\"\u{1b}[39m}"
        );
    }
}
