//! Lines that can be pasted into a shell, and texts that are safe to show.

use std::ffi::OsStr;
use std::path::Path;

/// Quotes a path for a shell when it needs it; `cd` and `orcs new` can take the result.
///
/// `None` when no line can say the path: it is not UTF-8, or part of it cannot be seen.
pub fn quote(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|text| !text.contains(is_unseen))?;
    let dash = if text.starts_with('-') { "./" } else { "" };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,=".contains(c);
    Some(if text.chars().all(plain) {
        format!("{dash}{text}")
    } else {
        format!("'{dash}{}'", text.replace('\'', r"'\''"))
    })
}

/// Escapes what cannot be seen, and leaves out the middle of a very long text: a
/// name on the command line must not steer the terminal, nor fill it.
pub fn visible(text: impl AsRef<OsStr>) -> String {
    let text = text.as_ref().to_string_lossy();
    let surplus = text.chars().count().saturating_sub(MAX_CHARS);
    // One more goes than is too many, for the ellipsis.
    let (before, middle) = (MAX_CHARS / 2, surplus + usize::from(surplus > 0));
    let mut visible = String::new();
    for (i, c) in text.chars().enumerate() {
        match c {
            _ if i == before && middle > 0 => visible.push('…'),
            _ if (before..before + middle).contains(&i) => {}
            c if is_unseen(c) => visible.extend(c.escape_default()),
            c => visible.push(c),
        }
    }
    visible
}

/// Whether a character has no look of its own: a control character, a line separator, or
/// one that only joins, splits or turns its neighbours (Unicode's category Cf, without the
/// signs of it that are drawn, such as U+0600). `U+202E` shows what follows backwards.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Two lines of a terminal, and more than an ordinary path has.
const MAX_CHARS: usize = 160;

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
            ("-x y/chat", "'./-x y/chat'"),
            ("~/chat", "'~/chat'"),
            ("$HOME/chat", "'$HOME/chat'"),
        ] {
            assert_eq!(quote(Path::new(path)).as_deref(), Some(quoted));
        }
    }

    #[test]
    fn a_path_that_no_line_can_say_is_not_quoted() {
        for path in ["a\nb", "\u{202e}ppa/chat", "a\u{200b}b", "\u{feff}chat"] {
            assert_eq!(quote(Path::new(path)), None, "{path:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            assert_eq!(quote(Path::new(OsStr::from_bytes(b"caf\xe9"))), None);
        }
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\n"), r"a\u{1b}[31mb\n");
        assert_eq!(visible("\u{202e}ppa"), r"\u{202e}ppa");
        for c in "\u{200e}\u{200f}\u{202a}\u{2066}\u{2069}\u{200b}\u{200d}\u{2028}\u{2060}\u{feff}"
            .chars()
        {
            assert_eq!(visible(c.to_string()), c.escape_default().to_string());
        }
        assert_eq!(visible("日本 café 🦀"), "日本 café 🦀");
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        let name = "x".repeat(MAX_CHARS);
        assert_eq!(visible(&name), name);
        let short = visible(format!("first{}last", "é".repeat(100_000)));
        assert_eq!(short.chars().count(), MAX_CHARS);
        assert!(short.starts_with("firsté") && short.contains("é…é") && short.ends_with("élast"));
    }
}
