//! Rust as far as a generator has to read it: where a list of modules is, where a chain of calls.
//!
//! What is found, is found in code and never in a comment or a text; and what is not found for
//! sure is not found.

mod blank;
#[cfg(test)]
mod tests;

use blank::blank;
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

    /// Whether these routes take more of the app than other routes: a module of `src/`, or state.
    pub fn needs_the_app(&self) -> bool {
        let of_routes = self.code.matches("crate::routes::").count();
        self.code.matches("crate::").count() > of_routes || self.has_word("needs")
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

/// Whether a character may be in a name.
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
