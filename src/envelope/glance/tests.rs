//! What a glance says is what the whole text says.

use super::*;
use crate::envelope::Envelope;
use crate::json::tests::value_of;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, Visitor};
use serde_json::Value;
use std::fmt::{self, Debug};

/// What a glance tells, if its payload can be read as a `P`.
fn glance<P: DeserializeOwned>(text: &str) -> Option<(&str, P, Option<&str>)> {
    let Glance { event, payload, id } = Glance::at(text)?;
    let payload = serde_json::from_str(payload).ok()?;
    Some((event, payload, id.map(RawValue::get)))
}

fn agrees<P: DeserializeOwned + Debug>(text: &str) {
    let Some((event, payload, id)) = glance::<P>(text) else {
        return;
    };
    let envelope = Envelope::parse(text).expect("an envelope");
    let read: P = serde_json::from_str(envelope.payload.get()).expect("a payload");
    assert_eq!(event, envelope.event, "{text:?}");
    assert_eq!(id, envelope.id.map(RawValue::get), "{text:?}");
    assert_eq!(format!("{payload:?}"), format!("{read:?}"), "{text:?}");
}

fn agrees_for_every_type(text: &str) {
    agrees::<Value>(text);
    agrees::<IgnoredAny>(text);
    agrees::<Box<RawValue>>(text);
    agrees::<Nothing>(text);
    agrees::<Raw>(text);
    agrees::<Vec<Raw>>(text);
    agrees::<String>(text);
    agrees::<f64>(text);
    agrees::<()>(text);
}

/// Is read without a look at what is there.
#[derive(Debug)]
struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

/// A string as bytes, which serde_json reads less strictly.
#[derive(Debug)]
struct Raw(#[expect(dead_code, reason = "compared by its `Debug`")] Vec<u8>);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(RawVisitor)
    }
}

struct RawVisitor;

impl Visitor<'_> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Raw, E> {
        Ok(Raw(bytes.to_owned()))
    }
}

#[test]
fn the_usual_envelope_is_seen() {
    for (text, payload, id) in [
        (r#"{"event":"e","payload":{"a":[1]}}"#, r#"{"a":[1]}"#, None),
        (r#"{"event":"e","payload":7}"#, "7", None),
        (r#"{"event":"e","payload":"é","id":0}"#, r#""é""#, Some("0")),
        (
            r#"{"event":"e","payload":{},"id":"a"}"#,
            "{}",
            Some(r#""a""#),
        ),
        (r#"{"event":"e","payload":{"id":7}}"#, r#"{"id":7}"#, None),
        (
            r#"{"event":"e","payload":"\",\"id\":7"}"#,
            r#""\",\"id\":7""#,
            None,
        ),
    ] {
        let seen = Glance::at(text).expect(text);
        let seen = (seen.event, seen.payload, seen.id.map(RawValue::get));
        assert_eq!(seen, ("e", payload, id));
        agrees_for_every_type(text);
    }
}

#[test]
fn of_anything_else_it_says_nothing() {
    let long_name = format!(r#"{{"event":"{}","payload":1}}"#, "e".repeat(129));
    for text in [
        "",
        "}",
        r#"{"event":"e"}"#,
        r#"{"event":"e","payload":}"#,
        r#"{"event":"e","payload": }"#,
        r#"{"event":"e","payload":,"id":7}"#,
        r#"{"event":"e","payload":1"#,
        r#"{"event":"e","payload":1} "#,
        r#"{"event":"e", "payload":1}"#,
        r#"{"payload":1,"event":"e"}"#,
        r#"{"event":"\u0065","payload":1}"#,
        "{\"event\":\"a\u{1}\",\"payload\":1}",
        "{\"event\":\"e\",\"payload\":\"a\u{1}\"}",
        &long_name,
    ] {
        assert!(Glance::at(text).is_none(), "{text}");
    }
}

#[test]
fn what_is_no_value_is_not_taken_for_one() {
    let long_id = format!(r#"{{"event":"e","payload":1,"id":"{}"}}"#, "i".repeat(65));
    for text in [
        r#"{"event":"e","payload":1,"payload":2}"#,
        r#"{"event":"e","payload":1,"id":1,"id":2}"#,
        r#"{"event":"e","payload":1,"event":"f","id":2}"#,
        r#"{"event":"e","payload":1,"later":true}"#,
        r#"{"event":"e","payload":1,"id":007}"#,
        r#"{"event":"e","payload":1,"id":1.5}"#,
        r#"{"event":"e","payload":1,"id":"a\"b"}"#,
        r#"{"event":"e","payload":{"a":1,"id":7}"#,
        r#"{"event":"e","payload":1}}"#,
        r#"{"event":"e","payload":1,}"#,
        &long_id,
    ] {
        assert!(glance::<Value>(text).is_none(), "{text}");
        agrees_for_every_type(text);
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,3}",
        select(vec![
            "\"",
            "\\",
            "}",
            "\n",
            "\",\"id\":7",
            ",\"id\":",
            "id",
            "é😀"
        ])
        .prop_map(str::to_owned),
    ]
}

/// A member's value as text: what an id may be, and what it may not.
fn id() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "0",
        "7",
        "-7",
        "007",
        "1.5",
        "1e9",
        "\"\"",
        "\"a\"",
        "\"a\\\"b\"",
        "\"\\q\"",
        "null",
        "{}",
    ]);
    let long = "[0-9]{60,70}".prop_map(|id| format!("{id:?}"));
    prop_oneof![3 => odd.prop_map(str::to_owned), 1 => long]
}

/// An envelope's members in any number and order, with any white space.
fn envelope() -> impl Strategy<Value = String> {
    let json = || value_of(text()).prop_map(|json| json.to_string());
    let name = "[a-c:é]{0,3}".prop_map(|name| format!("{name:?}"));
    let usual = (name, json(), prop::option::of(id())).prop_map(|(event, payload, id)| {
        let mut members = vec![("event", event), ("payload", payload)];
        members.extend(id.map(|id| ("id", id)));
        members
    });
    let member = prop_oneof![
        json().prop_map(|name| ("event", name)),
        json().prop_map(|payload| ("payload", payload)),
        id().prop_map(|id| ("id", id)),
        json().prop_map(|later| ("later", later)),
    ];
    let members = prop_oneof![4 => usual, 1 => vec(member, 0..5)];
    let space = prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n")];
    (members, space).prop_map(|(members, space)| {
        let members: Vec<_> = (members.iter())
            .map(|(name, value)| format!(r#""{name}":{space}{value}"#))
            .collect();
        format!("{{{}}}{space}", members.join(&format!(",{space}")))
    })
}

/// What may go wrong with a text: a piece of it is replaced.
fn damage() -> impl Strategy<Value = (Index, usize, &'static str)> {
    let piece = select(vec![
        "",
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "7",
        " ",
        "\n",
        "\u{1}",
        "é",
        "null",
        "}}",
        "tru",
        "\\u0061",
        "\\ud800",
        r#","id":7"#,
        r#","id":"x""#,
        r#","payload":"#,
        r#""event""#,
    ]);
    (any::<Index>(), 0usize..4, piece)
}

fn damaged(text: &str, (place, length, piece): (Index, usize, &str)) -> String {
    let letters: Vec<_> = text.chars().collect();
    let start = place.index(letters.len() + 1);
    let end = letters.len().min(start + length);
    let (before, behind) = (&letters[..start], &letters[end..]);
    before
        .iter()
        .copied()
        .chain(piece.chars())
        .chain(behind.iter().copied())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_it_sees_is_what_the_text_says(
        text in envelope(),
        damages in vec(damage(), 0..3),
        cut in prop::option::weighted(0.1, any::<Index>()),
    ) {
        let mut text = damages.into_iter().fold(text, |text, damage| damaged(&text, damage));
        if let Some(cut) = cut {
            text = text.chars().take(cut.index(text.len() + 1)).collect();
        }
        agrees_for_every_type(&text);
    }
}
