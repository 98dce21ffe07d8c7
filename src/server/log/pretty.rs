//! A line for people.

use super::escaped::Escaped;
use super::line::{Line, Value};
use std::fmt::{self, Write};
use tracing::Level;

/// `2026-01-31T12:00:00.000000Z  INFO saved game=7 client=01h3.. route="/ws/game"`.
pub(super) fn write(mut out: impl Write, line: &Line, is_colourful: bool) -> fmt::Result {
    let time = humantime::format_rfc3339_micros(line.time);
    let paint = |sequence: &'static str| if is_colourful { sequence } else { "" };
    let colour = paint(colour_of(line.level));
    let (faint, plain) = (paint("\u{1b}[2m"), paint("\u{1b}[0m"));
    write!(out, "{faint}{time}{plain} {colour}{:>5}{plain}", line.level)?;
    for span in &line.spans {
        write!(Escaped(&mut out), " {span}:")?;
    }
    if !line.message.is_empty() {
        write!(Escaped(&mut out), " {}", line.message)?;
    }
    for (name, value) in &line.fields {
        write!(out, " {faint}{name}={plain}")?;
        let mut out = Escaped(&mut out);
        match value {
            Value::Text(text) => write!(out, "{text:?}"),
            Value::Shown(text) => out.write_str(text),
            Value::Plain(value) => write!(out, "{value}"),
        }?;
    }
    out.write_char('\n')
}

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn written(message: &str, is_colourful: bool) -> String {
        let line = Line {
            time: SystemTime::UNIX_EPOCH,
            level: Level::INFO,
            target: "app",
            spans: vec!["request{path=\"/\"}".to_owned()],
            message: message.to_owned(),
            fields: vec![
                ("game", Value::Plain(7.into())),
                ("client", Value::Shown("01h3\n".to_owned())),
                ("route", Value::Text("/ws\n\"x\"".to_owned())),
            ],
        };
        let mut out = String::new();
        write(&mut out, &line, is_colourful).unwrap();
        out
    }

    #[test]
    fn a_line_says_when_how_grave_what_and_whose() {
        assert_eq!(
            written("saved", false),
            "1970-01-01T00:00:00.000000Z  INFO request{path=\"/\"}: saved game=7 client=01h3\\n \
             route=\"/ws\\n\\\"x\\\"\"\n"
        );
    }

    #[test]
    fn an_event_is_one_line_whatever_it_quotes() {
        let line = written("no: x\r\n1970 ERROR forged\u{1b}[2J", false);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.contains("no: x\\r\\n1970 ERROR forged\\u{1b}[2J"));
    }

    #[test]
    fn only_our_own_colours_reach_a_terminal() {
        let line = written("\u{1b}[31mred", true);
        assert!(line.starts_with("\u{1b}[2m1970-"), "{line:?}");
        assert!(line.contains("\u{1b}[32m INFO\u{1b}[0m"), "{line:?}");
        assert!(!line.contains("\u{1b}[31m"), "{line:?}");
    }
}
