//! One line of `cargo build --message-format=json`.

use crate::app::Target;
use serde::Deserialize;
use std::path::PathBuf;

/// What we need of it; cargo may add keys and reasons at any time.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
pub enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact(Artifact),
    #[serde(rename = "compiler-message")]
    Diagnostic(CompilerMessage),
    #[serde(rename = "build-finished")]
    Finished,
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub struct Artifact {
    pub package_id: String,
    pub target: Target,
    pub executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
pub struct CompilerMessage {
    pub message: Rustc,
}

/// A diagnostic in rustc's own shape.
#[derive(Debug, Deserialize)]
pub struct Rustc {
    pub level: String,
    pub message: String,
    pub rendered: Option<String>,
    #[serde(default)]
    pub spans: Vec<Span>,
}

#[derive(Debug, Deserialize)]
pub struct Span {
    pub file_name: String,
    pub line_start: usize,
    pub column_start: usize,
    pub is_primary: bool,
}

impl Message {
    /// `None` for what build scripts and procedural macros print.
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

/// A package's name out of its id: `registry+https://..#tokio@1.54.0`, `path+file:///app#0.1.0`.
pub fn name(id: &str) -> String {
    let (place, rest) = id.rsplit_once('#').unwrap_or(("", id));
    match rest.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => place.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_called_by_its_name() {
        for (id, short) in [
            (
                "registry+https://github.com/rust-lang/crates.io-index#tokio@1.54.0",
                "tokio",
            ),
            ("path+file:///apps/myapp#0.1.0", "myapp"),
            ("path+file:///apps/my-folder#myapp@0.1.0", "myapp"),
        ] {
            assert_eq!(name(id), short);
        }
    }

    #[test]
    fn unknown_reasons_and_keys_are_no_error() {
        let parse = Message::parse;
        assert!(matches!(
            parse(r#"{"reason":"news","x":1}"#),
            Some(Message::Other)
        ));
        assert!(matches!(
            parse(r#"{"reason":"build-finished","success":true}"#),
            Some(Message::Finished)
        ));
        assert!(parse("a line of a build script").is_none());
    }
}
