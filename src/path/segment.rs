//! One segment of a route's path: what stands between two `/`.

use super::decoded;
use regex_lite::{Regex, RegexBuilder};
use std::sync::Arc;

/// What one segment of a request may be. An empty one fits only itself, and `**`.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// This text.
    Literal(Box<str>),
    /// Any text, for a name or for nobody.
    Anything { is_named: bool },
    /// What a regex says, all of it.
    Shaped(Box<Shaped>),
    /// Any number of segments, none too: `**`.
    Deep,
}

#[derive(Clone, Debug)]
pub(super) struct Shaped {
    regex: Regex,
    /// The same, whatever its names are.
    shape: String,
    literal_letters: usize,
    names: usize,
}

/// The segments as they are written. A `/` in a regex divides nothing.
pub(super) fn split(text: &str) -> Result<Vec<&str>, String> {
    let mut segments = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while let Some(found) = text[at..].find(['/', '{']) {
        at += found + 1;
        if text[..at].ends_with('/') {
            segments.push(&text[begin..at - 1]);
            begin = at;
        } else {
            at += end_of_braces(&text[at..]).ok_or("a `{` is not closed (example: /{room})")?;
        }
    }
    segments.push(&text[begin..]);
    Ok(segments)
}

impl Segment {
    /// Reads a segment, and adds its names to those before it.
    pub(super) fn read(written: &str, names: &mut Vec<Arc<str>>) -> Result<Self, String> {
        if written == "**" {
            return Ok(Self::Deep);
        }
        if written == "*" {
            return Ok(Self::Anything { is_named: false });
        }
        if let Some(name) = written.strip_prefix(':') {
            names.push(colon_name(name)?.into());
            return Ok(Self::Anything { is_named: true });
        }
        let parts = Part::read_all(written)?;
        match parts.as_slice() {
            [] => Ok(Self::Literal("".into())),
            [Part::Literal(text)] => Ok(Self::Literal(text.as_str().into())),
            [Part::Named { name, regex: None }] => {
                names.push((*name).into());
                Ok(Self::Anything { is_named: true })
            }
            parts => Shaped::of(parts, names).map(|shaped| Self::Shaped(Box::new(shaped))),
        }
    }

    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Anything { .. } | Self::Shaped(_) | Self::Deep => None,
        }
    }

    pub(super) fn is_deep(&self) -> bool {
        matches!(self, Self::Deep)
    }

    pub(super) fn fits_anything(&self) -> bool {
        matches!(self, Self::Anything { .. })
    }

    /// How many characters of it stand for themselves, beside others that do not.
    pub(super) fn literal_letters(&self) -> usize {
        match self {
            Self::Shaped(shaped) => shaped.literal_letters,
            Self::Literal(_) | Self::Anything { .. } | Self::Deep => 0,
        }
    }

    /// The same for two segments that fit the same texts, as far as their writing tells.
    pub(super) fn shape(&self) -> String {
        match self {
            // As no other shape begins: it may hold any character.
            Self::Literal(text) => format!("={}", decoded::key(&[text])),
            Self::Anything { .. } => "*".to_owned(),
            Self::Shaped(shaped) => shaped.shape.clone(),
            Self::Deep => "**".to_owned(),
        }
    }

    /// Whether it fits this text; what its names get is added to `values`.
    pub(super) fn fits<'a>(&self, text: &'a str, values: &mut Vec<&'a str>) -> bool {
        match self {
            Self::Literal(own) => **own == *text,
            Self::Deep => true,
            _ if text.is_empty() => false,
            Self::Anything { is_named } => {
                values.extend(is_named.then_some(text));
                true
            }
            Self::Shaped(shaped) => shaped.fits(text, values),
        }
    }
}

impl Shaped {
    fn of(parts: &[Part<'_>], names: &mut Vec<Arc<str>>) -> Result<Self, String> {
        let (mut regex, mut shape) = (String::new(), String::new());
        let mut literal_letters = 0;
        let mut named = 0;
        for part in parts {
            let own = part.regex();
            shape.push_str(&own);
            if let Part::Named { name, .. } = part {
                // Numbered, because a regex of the app's own may have groups without names.
                regex.push_str(&format!("(?<p{named}>{own})"));
                names.push((*name).into());
                named += 1;
            } else {
                regex.push_str(&own);
            }
            if let Part::Literal(text) = part {
                literal_letters += text.chars().count();
            }
        }
        Ok(Self {
            regex: built(&format!("^(?:{regex})$"))?,
            shape,
            literal_letters,
            names: named,
        })
    }

    fn fits<'a>(&self, text: &'a str, values: &mut Vec<&'a str>) -> bool {
        let Some(found) = self.regex.captures(text) else {
            return false;
        };
        let value = |at| found.name(&format!("p{at}")).map(|value| value.as_str());
        // A name has a value, or a handler would get an empty one of some requests.
        let own: Option<Vec<&str>> = (0..self.names)
            .map(|at| value(at).filter(|value| !value.is_empty()))
            .collect();
        let fits = own.is_some();
        values.extend(own.into_iter().flatten());
        fits
    }
}

/// A part of a segment.
enum Part<'a> {
    /// Decoded.
    Literal(String),
    Named {
        name: &'a str,
        regex: Option<&'a str>,
    },
    /// `*`: any characters, none too.
    Some,
    /// `?`: one character.
    One,
}

impl<'a> Part<'a> {
    fn read_all(written: &'a str) -> Result<Vec<Self>, String> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some(first) = rest.chars().next() {
            let behind = &rest[first.len_utf8()..];
            rest = match first {
                '*' if behind.starts_with('*') => {
                    return Err("`**` stands for whole segments (example: /files/**)".to_owned());
                }
                '*' => {
                    parts.push(Self::Some);
                    behind
                }
                '?' if behind.contains('=') => {
                    return Err(
                        "it has a query, which is no part of a path (a handler reads it \
                         by `client.query(\"room\")`; example: /ws/chat)"
                            .to_owned(),
                    );
                }
                '?' => {
                    parts.push(Self::One);
                    behind
                }
                '{' => {
                    let end = end_of_braces(behind)
                        .ok_or("a `{` is not closed (example: /rooms/{room})")?;
                    parts.push(Self::named(&behind[..end])?);
                    &behind[end + 1..]
                }
                _ => {
                    let end = rest.find(['*', '?', '{']).unwrap_or(rest.len());
                    parts.push(Self::literal(&rest[..end])?);
                    &rest[end..]
                }
            };
        }
        Ok(parts)
    }

    fn literal(written: &str) -> Result<Self, String> {
        let wrong = |letter: &char| letter.is_whitespace() || letter.is_control();
        if let Some(letter) = written.chars().find(wrong) {
            return Err(format!(
                "it has a {} (a space is written `%20`)",
                letter.escape_debug()
            ));
        }
        if written.contains('#') {
            return Err("what stands behind a `#` never comes here (example: /ws/chat)".to_owned());
        }
        if written.contains('}') {
            return Err("a `}` has no `{` before it (example: /rooms/{room})".to_owned());
        }
        let text = decoded::segment(written)
            .ok_or("a `%` stands before two hexadecimal digits, of UTF-8 but no letter or digit (example: /100%25)")?;
        Ok(Self::Literal(text.into_owned()))
    }

    /// What stands between braces: `room`, or `id:[0-9]+`.
    fn named(inside: &'a str) -> Result<Self, String> {
        let (name, regex) = match inside.split_once(':') {
            Some((name, regex)) => (name, Some(regex)),
            None => (inside, None),
        };
        if !is_name(name, |letter| letter == '-') {
            return Err(format!(
                "`{{{inside}}}` has no name of letters, digits, `_` and `-` (example: /rooms/{{room}})"
            ));
        }
        // By itself first, so that its parentheses cannot close those around it.
        match regex {
            Some("") => {
                return Err(format!("`{{{inside}}}` has no regex (example: {{{name}}})"));
            }
            Some(regex) => built(regex).map(drop)?,
            None => {}
        }
        Ok(Self::Named { name, regex })
    }

    fn regex(&self) -> String {
        match self {
            Self::Literal(text) => regex_lite::escape(text),
            Self::Named { regex: None, .. } => "(?s:.+)".to_owned(),
            Self::Named {
                regex: Some(regex), ..
            } => format!("(?:{regex})"),
            Self::Some => "(?s:.*)".to_owned(),
            Self::One => "(?s:.)".to_owned(),
        }
    }
}

/// The name of a segment that begins with `:`.
fn colon_name(name: &str) -> Result<&str, String> {
    if is_name(name, |_| false) {
        return Ok(name);
    }
    let letters = name.find(|letter| !is_letter(letter)).unwrap_or(name.len());
    let example = match &name[..letters] {
        "" => "room",
        name => name,
    };
    Err(format!(
        "`:{name}` is not a whole segment of letters, digits and `_` \
         (example: /:{example}; for a part of a segment /{{{example}}}.json; a colon is written `%3A`)"
    ))
}

fn is_name(name: &str, is_more: fn(char) -> bool) -> bool {
    !name.starts_with(|letter: char| letter.is_ascii_digit() || is_more(letter))
        && !name.is_empty()
        && name
            .chars()
            .all(|letter| is_letter(letter) || is_more(letter))
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Where the brace is that closes one before `text`; those of a regex come in pairs, or
/// escaped, or in a class.
fn end_of_braces(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_class = false;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '[' if !in_class => {
                in_class = true;
                // A bracket that comes first is a character: `[]}]`, `[^]}]`.
                let behind = letters.as_str();
                let behind_not = behind.strip_prefix('^').unwrap_or(behind);
                let skipped = behind.len() - behind_not.len();
                let skipped = skipped + usize::from(behind_not.starts_with(']'));
                letters.by_ref().take(skipped).for_each(drop);
            }
            ']' => in_class = false,
            '{' if !in_class => depth += 1,
            '}' if !in_class && depth == 0 => return Some(at),
            '}' if !in_class => depth -= 1,
            _ => {}
        }
    }
    None
}

fn built(regex: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(regex).size_limit(MAX_REGEX_BYTES).build();
    built.map_err(|why| format!("the regex `{regex}`: {why} (example: {{id:[0-9]+}})"))
}

/// What a regex may take once it is read: `[a-z0-9-]{1,255}` takes half of it. Its time is at
/// most its size times the length of a segment; the worst that was found, `(a?){300}b`, takes
/// 1.5 ms for the longest path.
const MAX_REGEX_BYTES: usize = 64 << 10;
