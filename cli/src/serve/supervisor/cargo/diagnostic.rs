//! An error or a warning of the compiler: where, what, and the lines that show it.

use super::super::walked::walked;
use super::message::CompilerMessage;
use anstream::adapter::strip_str;
use std::path::Path;

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub is_error: bool,
    /// `routes/websocket.rs:14:9`, as cargo names the file; none for the linker's.
    pub place: Option<Place>,
    pub message: String,
    /// The lines below the compiler's arrow, perhaps in its colours.
    pub excerpt: Vec<String>,
}

/// Where the compiler points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl Diagnostic {
    /// `None` for what only counts or explains others.
    pub fn new(CompilerMessage { message: rustc }: CompilerMessage) -> Option<Self> {
        let is_error = rustc.level.starts_with("error");
        let place = rustc.spans.into_iter().find(|span| span.is_primary);
        let counts = rustc.message.starts_with("aborting due to")
            || rustc.level == "warning" && rustc.message.ends_with("emitted");
        if !is_error && rustc.level != "warning" || place.is_none() && counts {
            return None;
        }
        Some(Self {
            is_error,
            place: place.map(|span| Place {
                file: walked(Path::new(&span.file_name)).display().to_string(),
                line: span.line_start,
                column: span.column_start,
            }),
            excerpt: excerpt(&rustc.rendered.unwrap_or_default()),
            message: rustc.message,
        })
    }

    /// `routes/websocket.rs:14:9 cannot find value`, in one line.
    pub fn headline(&self) -> String {
        let first = self.message.lines().next().unwrap_or_default();
        match &self.place {
            Some(Place { file, line, column }) => format!("{file}:{line}:{column} {first}"),
            None => first.to_owned(),
        }
    }
}

/// What the compiler draws, without the head that says again what and where.
fn excerpt(rendered: &str) -> Vec<String> {
    let plain: Vec<String> = rendered
        .lines()
        .map(|line| strip_str(line).to_string())
        .collect();
    let arrow = plain
        .iter()
        .position(|line| line.trim_start().starts_with("--> "));
    // Without an arrow, the head is the first line alone.
    let mut skipped = arrow.map_or(1, |arrow| arrow + 1);
    if plain.get(skipped).is_some_and(|line| line.trim() == "|") {
        skipped += 1;
    }
    let lines = rendered.lines().zip(&plain).skip(skipped);
    let mut lines: Vec<String> = lines
        .filter(|(_, plain)| !plain.starts_with("For more information about this error"))
        .map(|(line, _)| line.to_owned())
        .collect();
    while lines
        .last()
        .is_some_and(|line| strip_str(line).to_string().trim().is_empty())
    {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::*;
    use serde_json::json;

    fn heard(message: &serde_json::Value) -> Option<Diagnostic> {
        let line = json!({ "reason": "compiler-message", "message": message }).to_string();
        match Message::parse(&line) {
            Some(Message::Diagnostic(message)) => Diagnostic::new(message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_error_names_its_place_and_shows_the_lines_below_the_arrow() {
        let error = heard(&json!({
            "level": "error",
            "message": "cannot find value `rom` in this scope",
            "rendered": "\u{1b}[1merror[E0425]\u{1b}[0m: cannot find value `rom` in this scope\n  \u{1b}[1m--> \u{1b}[0mroutes/websocket.rs:14:9\n   \u{1b}[1m|\u{1b}[0m\n14 |  c.join(rom)\n   |         ^^^ help: ...\n\nFor more information about this error, try `rustc --explain E0425`.\n",
            "spans": [
                { "file_name": "other.rs", "line_start": 1, "column_start": 1, "is_primary": false },
                { "file_name": "src/../routes/websocket.rs", "line_start": 14, "column_start": 9, "is_primary": true },
            ],
        }))
        .unwrap();
        assert!(error.is_error);
        assert_eq!(
            error.headline(),
            "routes/websocket.rs:14:9 cannot find value `rom` in this scope"
        );
        assert_eq!(
            error.excerpt,
            ["14 |  c.join(rom)", "   |         ^^^ help: ..."]
        );
    }

    #[test]
    fn what_only_counts_is_left_out() {
        for (level, message) in [
            ("error", "aborting due to 2 previous errors"),
            ("warning", "1 warning emitted"),
            (
                "failure-note",
                "Some errors have detailed explanations: E0308.",
            ),
        ] {
            assert_eq!(heard(&json!({ "level": level, "message": message })), None);
        }
    }

    #[test]
    fn the_linkers_error_has_no_place_and_keeps_its_words() {
        let error = heard(&json!({
            "level": "error",
            "message": "linking with `cc` failed: exit status: 1\nmore",
            "rendered": "error: linking with `cc` failed: exit status: 1\n  |\n  = note: undefined symbol: x\n",
        }))
        .unwrap();
        assert_eq!(error.headline(), "linking with `cc` failed: exit status: 1");
        assert_eq!(error.excerpt, ["  = note: undefined symbol: x"]);
    }
}
