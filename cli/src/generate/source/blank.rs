//! Rust without its comments and texts.

use super::is_word;

/// The same number of bytes, with a space for each that is no code.
pub fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = at + no_code(&text[at..], code.last().copied());
        if end == at {
            let length = text[at..].chars().next().map_or(1, char::len_utf8);
            code.extend_from_slice(&bytes[at..at + length]);
            at += length;
            continue;
        }
        let keep = |byte: &u8| if *byte == b'\n' { b'\n' } else { b' ' };
        code.extend(bytes[at..end].iter().map(keep));
        at = end;
    }
    String::from_utf8(code).expect("whole characters were kept or blanked")
}

/// How many bytes of a comment, a text or a character begin here; 0 if none does.
fn no_code(rest: &str, before: Option<u8>) -> usize {
    let end_of = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |i| from + i);
    if rest.starts_with("//") {
        return end_of("\n", 0);
    }
    if rest.starts_with("/*") {
        return nested_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest);
    }
    let is_name = before.is_some_and(|byte| is_word(char::from(byte)));
    if rest.starts_with('r') && !is_name {
        let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
        if rest[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            return (end_of(&end, 2 + hashes) + end.len()).min(rest.len());
        }
    }
    match rest.strip_prefix('\'') {
        // `'a'` and `'\n'` are characters, `'a` is a lifetime.
        Some(inner) if inner.starts_with('\\') => {
            let skipped = inner.char_indices().nth(2).map_or(inner.len(), |(i, _)| i);
            end_of("'", 1 + skipped).saturating_add(1).min(rest.len())
        }
        Some(inner) => match inner.char_indices().nth(1) {
            Some((i, '\'')) => i + 2,
            _ => 0,
        },
        None => 0,
    }
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    rest.len()
}

fn nested_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_comments_are_no_code() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"a("b\"(")c"#, "a(      )c"),
            ("r#\"a\"b\"# c", "         c"),
            ("for r in 'a'..='\\'' {", "for r in    ..=     {"),
            ("fn x<'a>(b: &'a str)", "fn x<'a>(b: &'a str)"),
            ("\"\u{e9}\" \u{e9}", "     \u{e9}"),
            ("\"open", "     "),
            ("'\\", "  "),
        ] {
            assert_eq!(blank(text), code, "{text}");
        }
    }
}
