//! Rust as far as a generator has to read it: where a list of modules is, where a chain of calls.
//!
//! What is found, is found in code and never in a comment or a text; and what is not found for
//! sure is not found.

use std::ops::Range;

/// A file's text, and the same with all comments and texts blanked, byte for byte.
#[derive(Debug)]
pub struct Source<'t> {
    pub text: &'t str,
    code: String,
}

impl<'t> Source<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            code: blank(text),
        }
    }

    /// Whether these words stand in the code, with whatever space between them.
    pub fn says(&self, words: &str) -> bool {
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        squeeze(&self.code).contains(&squeeze(words))
    }

    /// Whether this name is there, whoever it belongs to.
    pub fn has_word(&self, word: &str) -> bool {
        self.find_word(word, 0..self.code.len()).is_some()
    }

    /// The text with `pub mod name;` among its sisters, in order.
    pub fn with_module(&self, declaration: &str, name: &str) -> Option<String> {
        let modules = self.modules();
        if modules.iter().any(|(known, _)| *known == name) {
            return Some(self.text.to_owned());
        }
        let place = match modules.iter().find(|(known, _)| *known > name) {
            Some((_, lines)) => lines.start,
            None => match modules.last() {
                Some((_, lines)) => lines.end,
                None => {
                    let place = self.first_item()?;
                    return Some(self.with(place, &format!("{declaration}\n\n")));
                }
            },
        };
        Some(self.with(place, &format!("{declaration}\n")))
    }

    /// Each `mod name;` of the file's own level, with the lines that belong to it.
    fn modules(&self) -> Vec<(&str, Range<usize>)> {
        let mut modules = Vec::new();
        let mut depth = 0;
        let mut start = 0;
        // Where the attributes and documents of what comes next begin.
        let mut item = None;
        for line in self.code.split_inclusive('\n') {
            let end = start + line.len();
            let (code, text) = (line.trim(), self.text[start..end].trim());
            let belongs = text.starts_with("///") || code.starts_with("#[");
            let module = code.strip_prefix("pub ").unwrap_or(code);
            let module = module
                .strip_prefix("mod ")
                .and_then(|rest| rest.strip_suffix(';'));
            if depth == 0 && belongs {
                item.get_or_insert(start);
            } else {
                if let (0, Some(name)) = (depth, module) {
                    modules.push((name.trim(), item.unwrap_or(start)..end));
                }
                item = None;
            }
            depth += depth_of(line);
            start = end;
        }
        modules
    }

    /// Where the first item begins, behind the words about the whole file.
    fn first_item(&self) -> Option<usize> {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let code = line.trim();
            if !(code.is_empty() || code.starts_with("//!") || code.starts_with("#![")) {
                return Some(start);
            }
            start += line.len();
        }
        None
    }

    /// The text with one more call behind the last `.method(..)` of the only chain in `function`
    /// that begins with `beginning`; or else right behind that.
    pub fn with_call(
        &self,
        function: &str,
        beginning: &str,
        method: &str,
        call: &str,
    ) -> Option<String> {
        let body = self.body_of(function)?;
        let begin = self.find_word(beginning, body.clone())?;
        if (self.find_word(beginning, begin.end..body.end)).is_some() {
            return None;
        }
        let mut place = begin.end;
        let mut at = place;
        while let Some((name, end)) = self.call_at(at, body.end) {
            if name == method {
                place = end;
            }
            at = end;
        }
        Some(self.with(place, &format!("\n        {call}")))
    }

    /// The text with one more call in front of the first `.on(..)` or `.event(..)` of the only
    /// chain `ws("..")` in `function`; or else at its end.
    pub fn with_event(&self, function: &str, call: &str) -> Option<String> {
        let body = self.body_of(function)?;
        let begin = self.find_word("ws", body.clone())?;
        if self.find_word("ws", begin.end..body.end).is_some() {
            return None;
        }
        let mut at = self.behind_brackets(begin.end, body.end)?;
        loop {
            match self.call_at(at, body.end) {
                Some(("on" | "event", _)) => break,
                Some((_, end)) => at = end,
                None => break,
            }
        }
        Some(self.with(at, &format!("\n        {call}")))
    }

    /// The functions that return a route, with what their clients' data is: `chat`, `User`.
    pub fn routes(&self) -> Vec<(&str, Option<&str>)> {
        let mut routes = Vec::new();
        let mut from = 0;
        while let Some(found) = self.find_word("fn", from..self.code.len()) {
            from = found.end;
            let rest = &self.code[found.end..];
            let Some(head) = rest.find(['{', ';']).map(|end| &rest[..end]) else {
                break;
            };
            let name = head.trim_start();
            let end = name.find(|c: char| !is_word(c)).unwrap_or(name.len());
            let Some((_, answer)) = head.rsplit_once("->") else {
                continue;
            };
            let answer = answer.trim();
            let answer = answer.strip_prefix("orcs::").unwrap_or(answer);
            let data = answer
                .strip_prefix("Route<")
                .and_then(|data| data.strip_suffix('>'));
            if answer == "Route" || data.is_some() {
                routes.push((&name[..end], data));
            }
        }
        routes
    }

    /// What stands between the braces of a function.
    fn body_of(&self, function: &str) -> Option<Range<usize>> {
        let found = self.find_word(&format!("fn {function}"), 0..self.code.len())?;
        let open = found.end + self.code[found.end..].find('{')?;
        let close = self.closing(open, self.code.len())?;
        Some(open + 1..close)
    }

    /// The call at a place, if there is one: `.add(..)` gives `add` and where it ends.
    fn call_at(&self, at: usize, end: usize) -> Option<(&str, usize)> {
        let rest = &self.code[at..end];
        let dot = rest.len() - rest.trim_start().len();
        let name = rest[dot..].strip_prefix('.')?;
        let length = name.find(|c: char| !is_word(c))?;
        let name_end = at + dot + 1 + length;
        let behind = self.behind_brackets(name_end, end)?;
        Some((&name[..length], behind))
    }

    /// Behind the `(..)` that begins here, perhaps with `::<..>` before.
    fn behind_brackets(&self, at: usize, end: usize) -> Option<usize> {
        let mut at = at;
        if self.code[at..end].starts_with("::<") {
            at += self.code[at..end].find('(')?;
        }
        if !self.code[at..end].starts_with('(') {
            return None;
        }
        Some(self.closing(at, end)? + 1)
    }

    /// Where the bracket that opens here closes.
    fn closing(&self, open: usize, end: usize) -> Option<usize> {
        let mut depth = 0;
        for (i, c) in self.code[open..end].char_indices() {
            depth += step(c);
            if depth == 0 {
                return Some(open + i);
            }
        }
        None
    }

    /// Whole words of the code in a range; `fn chat` is not in `fn chats`.
    fn find_word(&self, words: &str, within: Range<usize>) -> Option<Range<usize>> {
        let mut from = within.start;
        while let Some(found) = self.code[from..within.end].find(words) {
            let found = from + found..from + found + words.len();
            let before = self.code[..found.start].chars().next_back();
            let behind = self.code[found.end..].chars().next();
            if !before.is_some_and(is_word) && !behind.is_some_and(is_word) {
                return Some(found);
            }
            from = found.end;
        }
        None
    }

    fn with(&self, place: usize, addition: &str) -> String {
        let (before, behind) = self.text.split_at(place);
        format!("{before}{addition}{behind}")
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn step(c: char) -> i32 {
    match c {
        '(' | '[' | '{' => 1,
        ')' | ']' | '}' => -1,
        _ => 0,
    }
}

fn depth_of(line: &str) -> i32 {
    line.chars().map(step).sum()
}

/// The same number of bytes, with a space for each that is no code.
fn blank(text: &str) -> String {
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

    const LIST: &str = "//! Every route.

pub mod echo;
/// The pages.
#[path = \"pages.rs\"]
pub mod http;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new()
        .add(echo::echo())
        // .add(old::old())
        .rooms(\"user:*\", rules(\")\"))
        .http(http::routes)
}
";

    #[test]
    fn a_module_takes_its_place_in_the_order() {
        let source = Source::new(LIST);
        for (name, between) in [
            ("chat", "//! Every route.\n\npub mod chat;\npub mod echo;\n"),
            ("game", "pub mod echo;\npub mod game;\n/// The pages.\n"),
            ("zoo", "pub mod http;\npub mod zoo;\n\nuse orcs"),
        ] {
            let list = source
                .with_module(&format!("pub mod {name};"), name)
                .unwrap();
            assert!(list.contains(between), "{list}");
        }
        assert_eq!(source.with_module("pub mod http;", "http").unwrap(), LIST);
    }

    #[test]
    fn the_first_module_stands_behind_the_words_about_the_file() {
        let source = Source::new("//! All.\n#![allow(x)]\n\nuse orcs::Routes;\n");
        assert_eq!(
            source.with_module("pub mod chat;", "chat").unwrap(),
            "//! All.\n#![allow(x)]\n\npub mod chat;\n\nuse orcs::Routes;\n"
        );
    }

    #[test]
    fn a_call_stands_behind_the_last_of_its_kind() {
        let source = Source::new(LIST);
        let list = source.with_call("all", "Routes::new()", "add", ".add(game::game())");
        assert!(
            list.unwrap()
                .contains("echo::echo())\n        .add(game::game())\n        // .add(old"),
        );
        let list = source.with_call("all", "Routes::new()", "middleware", ".middleware(x)");
        assert!(
            list.unwrap()
                .contains("Routes::new()\n        .middleware(x)\n        .add(echo")
        );
    }

    #[test]
    fn what_is_not_clear_is_not_found() {
        for text in [
            "pub fn other() -> Routes { Routes::new() }",
            "pub fn all() -> Routes { Routes::default() }",
            "pub fn all() -> Routes { if x { Routes::new() } else { Routes::new() } }",
            "// fn all() { Routes::new() }",
            "pub fn all() -> Routes { Routes::new() ",
            "",
        ] {
            let source = Source::new(text);
            assert_eq!(
                source.with_call("all", "Routes::new()", "add", ".x()"),
                None
            );
        }
        assert_eq!(Source::new("").with_module("mod x;", "x"), None);
    }

    #[test]
    fn an_event_stands_in_front_of_the_others() {
        let source = Source::new(
            r#"
fn chat() -> Route<User> {
    ws("/ws/chat")
        .auth::<User>()
        .connect(async |client| { client.on("x", ")") })
        .on("a", a)
}
fn echo() -> Route { ws("/ws/echo").default_room("echo") }
fn two() -> Route { if x() { ws("/a") } else { ws("/b") } }
"#,
        );
        assert_eq!(
            source.routes(),
            [("chat", Some("User")), ("echo", None), ("two", None)]
        );
        let chat = source.with_event("chat", ".on(\"b\", b)").unwrap();
        assert!(
            chat.contains("})\n        .on(\"b\", b)\n        .on(\"a\", a)"),
            "{chat}"
        );
        let echo = source.with_event("echo", ".on(\"b\", b)").unwrap();
        assert!(
            echo.contains("(\"echo\")\n        .on(\"b\", b) }"),
            "{echo}"
        );
        assert_eq!(source.with_event("two", ".on(\"b\", b)"), None);
    }

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
