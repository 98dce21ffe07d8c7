//! Lines that can be pasted into a shell, and texts that are safe to show.

use std::path::Path;

/// Quotes a path for a shell when it needs it; `cd` and `orcs new` can take the result.
pub fn quote(path: &Path) -> String {
    let mut text = visible(&path.to_string_lossy());
    if text.starts_with('-') {
        text.insert_str(0, "./");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,=".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Escapes control characters: a name on the command line must not steer the terminal.
pub fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => visible.extend(c.escape_default()),
            false => visible.push(c),
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        for (path, quoted) in [
            ("myapp", "myapp"),
            ("apps/my-app_2", "apps/my-app_2"),
            ("my apps/chat", "'my apps/chat'"),
            ("it's/chat", r"'it'\''s/chat'"),
            ("-x/chat", "./-x/chat"),
            ("~/chat", "'~/chat'"),
            ("$HOME/chat", "'$HOME/chat'"),
        ] {
            assert_eq!(quote(Path::new(path)), quoted);
        }
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\n"), r"a\u{1b}[31mb\n");
    }
}
