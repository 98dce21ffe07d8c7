//! A line for machines: one JSON object.

use super::escaped::write_json_string;
use super::line::{Line, Value};
use std::fmt::{self, Write};

/// `{"timestamp":"..","level":"info","target":"app","message":"saved","game":7,"client":".."}`.
pub(super) fn write(mut out: impl Write, line: &Line) -> fmt::Result {
    let mut object = Object::begin(&mut out)?;
    let time = humantime::format_rfc3339_micros(line.time).to_string();
    object.text("timestamp", &time)?;
    object.text("level", &line.level.as_str().to_ascii_lowercase())?;
    object.text("target", line.target)?;
    object.text("message", &line.message)?;
    for (name, value) in &line.fields {
        match value {
            Value::Text(text) | Value::Shown(text) => object.text(name, text)?,
            Value::Plain(value) => write!(object.member(name)?, "{value}")?,
        }
    }
    if !line.spans.is_empty() {
        object.text("spans", &line.spans.join(":"))?;
    }
    object.end()
}

/// An object as it is written. Each name is there once: a second one gets a `_` behind it.
struct Object<'a, W> {
    out: &'a mut W,
    names: Vec<String>,
}

impl<'a, W: Write> Object<'a, W> {
    fn begin(out: &'a mut W) -> Result<Self, fmt::Error> {
        out.write_char('{')?;
        Ok(Self {
            out,
            names: Vec::new(),
        })
    }

    fn text(&mut self, name: &str, text: &str) -> fmt::Result {
        write_json_string(self.member(name)?, text)
    }

    /// Writes the name, and gives where its value goes.
    fn member(&mut self, name: &str) -> Result<&mut W, fmt::Error> {
        if !self.names.is_empty() {
            self.out.write_char(',')?;
        }
        let mut name = name.to_owned();
        while self.names.contains(&name) {
            name.push('_');
        }
        write_json_string(self.out, &name)?;
        self.out.write_char(':')?;
        self.names.push(name);
        Ok(self.out)
    }

    fn end(self) -> fmt::Result {
        self.out.write_str("}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};
    use std::time::SystemTime;
    use tracing::Level;

    #[test]
    fn a_line_is_one_object_whatever_it_quotes() {
        let line = Line {
            time: SystemTime::UNIX_EPOCH,
            level: Level::WARN,
            target: "app",
            spans: vec!["request{path=\"/\"}".to_owned(), "inner".to_owned()],
            message: "x\"}\r\n{\"level\":\"forged\"\u{1b}[2J\u{2028}".to_owned(),
            fields: vec![
                ("level", Value::Text("forged".to_owned())),
                ("game", Value::Plain(7.into())),
                ("is_over", Value::Plain(false.into())),
                ("client", Value::Shown("01h3".to_owned())),
                ("client", Value::Shown("again".to_owned())),
            ],
        };
        let mut out = String::new();
        write(&mut out, &line).unwrap();
        assert_eq!(out.matches('\n').count(), 1);
        assert!(out.ends_with("}\n"));
        assert!(!out.trim_end().contains(char::is_control), "{out:?}");
        assert_eq!(
            serde_json::from_str::<Json>(&out).unwrap(),
            json!({
                "timestamp": "1970-01-01T00:00:00.000000Z",
                "level": "warn",
                "target": "app",
                "message": line.message,
                "level_": "forged",
                "game": 7,
                "is_over": false,
                "client": "01h3",
                "client_": "again",
                "spans": "request{path=\"/\"}:inner",
            })
        );
    }
}
