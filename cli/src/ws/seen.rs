//! What came, made fit to be seen.

use crate::terminal::shell;
use std::fmt::Write as _;

/// A text whose every character can be seen.
pub fn harmless(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == most {
            _ = write!(shown, "… ({} characters)", text.chars().count());
            break;
        }
        match c {
            c if shell::is_unseen(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// `00ff2a`, and `…` where there is more.
pub fn hex(bytes: &[u8], most: usize) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(most) {
        _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > most {
        text.push('…');
    }
    text
}
