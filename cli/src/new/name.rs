//! The name of an app: what is allowed, why something is not, and what to try instead.

use super::lock;
use std::fmt;

/// A name that cargo, rustc and every file system accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Refuses with the reason, as the end of a sentence: `... : it is a Rust keyword`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let letter = text.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if !letter || !text.chars().all(rest) || text.len() > MAX_LENGTH {
            return Err(RULE);
        }
        for (names, reason) in RESERVED {
            if names.contains(&text) {
                return Err(reason);
            }
        }
        if lock::has_package(text) {
            return Err("a package of that name comes with every app");
        }
        Ok(Self(text.to_owned()))
    }

    /// The nearest allowed name.
    pub fn suggest(text: &str) -> Self {
        let mut slug = String::new();
        for c in text.to_lowercase().chars() {
            if c.is_ascii_alphanumeric() || c == '_' {
                slug.push(c);
            } else if !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_matches(['-', '_']);
        let slug = if slug.starts_with(|c: char| c.is_ascii_digit()) {
            format!("app-{slug}")
        } else {
            slug.to_owned()
        };
        // Every character is ASCII by now, so any length is a boundary.
        let shorten = |text: &str, length: usize| {
            text[..text.len().min(length)]
                .trim_end_matches(['-', '_'])
                .to_owned()
        };
        Self::parse(&shorten(&slug, MAX_LENGTH))
            .or_else(|_| {
                Self::parse(&format!(
                    "{}-app",
                    shorten(&slug, MAX_LENGTH - "-app".len())
                ))
            })
            .unwrap_or_else(|_| Self("myapp".to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// crates.io's limit, and well below what a file system allows for one name.
const MAX_LENGTH: usize = 64;

const RULE: &str =
    "a name is a lower-case letter, then at most 63 lower-case letters, digits, `-` or `_`";

/// What Rust keeps for itself.
#[rustfmt::skip]
pub const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen",
    "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override",
    "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names that keep the rule and still do not work, with the reason.
#[rustfmt::skip]
const RESERVED: [(&[&str], &str); 5] = [
    // cargo refuses them, since the name is also that of the app's crate.
    (&KEYWORDS, "it is a Rust keyword"),
    (&["alloc", "core", "proc_macro", "std", "test"], "it is one of Rust's own crates"),
    (&["orcs", "orcs-rs", "serde", "serde_json", "tokio"], "the app depends on a package of that name"),
    (&["build", "deps", "examples", "incremental"], "cargo has a folder of that name beside the program"),
    (&[
        "aux", "con", "nul", "prn",
        "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
        "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    ], "Windows keeps it for a device"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_accepted() {
        for name in [
            "myapp",
            "my-app",
            "my_app",
            "a",
            "chat2",
            "self-service",
            "serde-app",
        ] {
            assert_eq!(
                Name::parse(name).map(|name| name.to_string()).as_deref(),
                Ok(name)
            );
        }
        assert!(Name::parse(&"a".repeat(64)).is_ok());
    }

    #[test]
    fn a_hostile_name_is_refused_and_gets_a_name_that_works() {
        let long = "x".repeat(65);
        for (name, suggestion) in [
            ("My App!", "my-app"),
            ("MyApp", "myapp"),
            ("-rf", "rf"),
            ("--help", "help"),
            ("2048", "app-2048"),
            ("_", "myapp"),
            ("", "myapp"),
            ("..", "myapp"),
            ("...", "myapp"),
            ("日本", "myapp"),
            ("caf\u{e9} one", "caf-one"),
            ("a.b", "a-b"),
            ("a/b", "a-b"),
            ("a\\b", "a-b"),
            ("a\0b", "a-b"),
            ("a\nb", "a-b"),
            ("\u{202e}ppa", "ppa"),
            ("$(reboot)", "reboot"),
            ("'; drop", "drop"),
            ("fn", "fn-app"),
            ("Self", "self-app"),
            ("gen", "gen-app"),
            ("test", "test-app"),
            ("std", "std-app"),
            ("proc_macro", "proc_macro-app"),
            ("orcs", "orcs-app"),
            ("orcs-rs", "orcs-rs-app"),
            ("serde_json", "serde_json-app"),
            ("tokio", "tokio-app"),
            ("bytes", "bytes-app"),
            ("build", "build-app"),
            ("CON", "con-app"),
            ("lpt9", "lpt9-app"),
            (&long, &long[..64]),
        ] {
            assert!(Name::parse(name).is_err(), "`{name}` is accepted");
            assert_eq!(Name::suggest(name).as_str(), suggestion);
            assert_eq!(
                Name::parse(suggestion).as_ref().map(Name::as_str),
                Ok(suggestion)
            );
        }
    }

    #[test]
    fn the_reason_says_which_rule() {
        assert_eq!(Name::parse("fn"), Err("it is a Rust keyword"));
        assert_eq!(Name::parse("Fn"), Err(RULE));
        assert_eq!(
            Name::parse("tokio"),
            Err("the app depends on a package of that name")
        );
    }
}
