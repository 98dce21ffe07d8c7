//! Objects that name themselves: `{"type":"join","room":"lobby"}`.

use crate::envelope::{self, Malformed};
use crate::event::ack;
use crate::json;
use crate::search;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What a client sent. Its payload is the whole text.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) event: Cow<'a, str>,
    /// What it asks an answer by. An `id` that no answer could have is a member like any other.
    pub(crate) id: Option<&'a RawValue>,
}

impl<'a> Object<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        #[derive(Deserialize)]
        struct Head<'a> {
            #[serde(borrow, rename = "type")]
            event: Cow<'a, str>,
            #[serde(borrow)]
            id: Option<&'a RawValue>,
        }
        // serde reads a struct from an array too.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Malformed);
        }
        let Head { event, id } = serde_json::from_str(text).map_err(|_| Malformed)?;
        if !envelope::is_name(&event) {
            return Err(Malformed);
        }
        let id = id.filter(|id| envelope::is_id(id.get()));
        Ok(Self { event, id })
    }
}

/// The payload of an object that is as [`write`] makes it of one that is no object: the member
/// `payload`, or `null` where there is nothing but the event's name. None of any other object,
/// of which one reader could take the whole and the next a part that says something else.
pub(crate) fn inner(object: &str) -> Option<&str> {
    let mut own = Members::of(object.trim_ascii_start().as_bytes())?
        .filter(|member| !member.is("type") && !member.is_an_id());
    match (own.next(), own.next()) {
        (None, _) => Some("null"),
        (Some(only), None) if only.is("payload") && !only.value.starts_with(b"{") => {
            str::from_utf8(only.value).ok()
        }
        _ => None,
    }
}

/// Appends an event: the members of its payload behind `type`, or anything else as `payload`. With
/// an `id`, that one and none of the payload's.
pub(crate) fn write(
    buffer: &mut Vec<u8>,
    event: &str,
    payload: &(impl Serialize + ?Sized),
    id: Option<&RawValue>,
) -> serde_json::Result<()> {
    buffer.extend_from_slice(br#"{"type":"#);
    json::append(buffer, event)?;
    let start = buffer.len();
    json::append(buffer, payload)?;
    match id {
        None => join(buffer, start, &["type"]),
        Some(id) => {
            join(buffer, start, &["type", "id"]);
            envelope::add_id(buffer, id);
        }
    }
    Ok(())
}

/// The same of an event's name and its payload that are JSON already.
pub(crate) fn of_json(event: &[u8], payload: &[u8]) -> Vec<u8> {
    let begin = br#"{"type":"#;
    let most = begin.len() + event.len() + br#","payload":"#.len() + payload.len() + 1;
    let mut object = Vec::with_capacity(most);
    for part in [begin, event] {
        object.extend_from_slice(part);
    }
    let start = object.len();
    object.extend_from_slice(payload);
    join(&mut object, start, &["type"]);
    object
}

/// Appends the one answer to what came with an `id`:
/// `{"type":"orcs:ack","payload":..,"id":7}`.
pub(crate) fn write_ack(buffer: &mut Vec<u8>, id: &RawValue, payload: &[u8]) {
    let begin = concat!(r#"{"type":""#, ack!(), r#"","payload":"#);
    envelope::write_answer(buffer, begin, payload, id);
}

/// Makes one object of `{"type":"news"` and the JSON that begins at `start`, of which the
/// members in `without` are left out: a key must not stand there twice.
fn join(buffer: &mut Vec<u8>, start: usize, without: &[&str]) {
    let is_left_out = |member: &Member<'_>| without.iter().any(|key| member.is(key));
    let Some(mut members) = Members::of(&buffer[start..]) else {
        buffer.splice(start..start, br#","payload":"#.iter().copied());
        buffer.push(b'}');
        return;
    };
    let is_empty = members.clone().next().is_none();
    if !is_empty && !members.any(|member| is_left_out(&member)) {
        // Mostly: what follows the name stands where it is to stand.
        buffer[start] = b',';
        return;
    }
    let payload = buffer.split_off(start);
    let members = Members::of(&payload).into_iter().flatten();
    for member in members.filter(|member| !is_left_out(member)) {
        for part in [b",", member.key, b":", member.value] {
            buffer.extend_from_slice(part);
        }
    }
    buffer.push(b'}');
}

/// The members of a JSON object, one after another.
#[derive(Clone)]
struct Members<'a>(&'a [u8]);

struct Member<'a> {
    /// With its quotes.
    key: &'a [u8],
    value: &'a [u8],
}

impl<'a> Members<'a> {
    /// None if this JSON is no object.
    fn of(json: &'a [u8]) -> Option<Self> {
        json.strip_prefix(b"{").map(Self)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let rest = self.0.trim_ascii_start();
        let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        rest.strip_prefix(b"\"")?;
        let (key, rest) = rest.split_at(string_len(rest));
        let rest = rest.trim_ascii_start().strip_prefix(b":")?;
        let rest = rest.trim_ascii_start();
        let (value, rest) = rest.split_at(value_len(rest));
        self.0 = rest;
        let value = value.trim_ascii_end();
        Some(Member { key, value })
    }
}

impl Member<'_> {
    /// Whether it asks for an answer, or says that none is wanted.
    fn is_an_id(&self) -> bool {
        let is_one = |json| envelope::is_id(json) || json == "null";
        self.is("id") && str::from_utf8(self.value).is_ok_and(is_one)
    }

    fn is(&self, key: &str) -> bool {
        let quoted = self.key.strip_prefix(b"\"");
        let plain = quoted.and_then(|quoted| quoted.strip_suffix(b"\""));
        plain == Some(key.as_bytes())
            || self.key.contains(&b'\\')
                && serde_json::from_slice::<String>(self.key).is_ok_and(|own| own == key)
    }
}

/// How long the string is that begins here.
fn string_len(json: &[u8]) -> usize {
    let mut len = 1;
    while let Some(rest) = json.get(len..) {
        let Some(next) = search::position(rest, |byte| matches!(byte, b'"' | b'\\')) else {
            break;
        };
        len += next + 1;
        if rest[next] == b'"' {
            return len;
        }
        len += 1;
    }
    json.len()
}

/// How far it is from here to the comma or brace behind the value.
fn value_len(json: &[u8]) -> usize {
    let (mut len, mut depth) = (0, 0_usize);
    while let Some(byte) = json.get(len) {
        match byte {
            b'"' => {
                len += string_len(&json[len..]);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        len += 1;
    }
    len
}

#[cfg(test)]
mod tests;
