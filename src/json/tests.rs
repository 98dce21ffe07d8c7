//! What is appended is what serde_json writes.

use super::append;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

fn agrees(value: &(impl Serialize + ?Sized)) {
    let mut appended = b"before ".to_vec();
    let result = append(&mut appended, value);
    match serde_json::to_string(value) {
        Ok(expected) => {
            result.expect("it can be JSON");
            let appended = String::from_utf8(appended).expect("text");
            assert_eq!(appended, format!("before {expected}"));
        }
        Err(error) => assert_eq!(result.unwrap_err().to_string(), error.to_string()),
    }
}

#[derive(Serialize)]
struct Struct<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u8>,
    #[serde(flatten)]
    more: BTreeMap<&'a str, Vec<&'a str>>,
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Newtype<'a>(&'a str);

#[derive(Serialize)]
struct Tuple<'a>(&'a str, u8);

#[derive(Serialize)]
enum Enum<'a> {
    Unit,
    Newtype(&'a str),
    Tuple(&'a str, f32),
    Struct { text: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Tagged<'a> {
    Struct { text: &'a str },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged<'a> {
    Text(&'a str),
}

#[derive(Serialize)]
struct Tree<'a> {
    name: &'a str,
    branches: Vec<Self>,
}

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct Shown<'a>(&'a str);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(serializer.is_human_readable());
        serializer.collect_str(self.0)
    }
}

#[test]
fn every_kind_of_value_is_written_alike() {
    for text in [
        "",
        "plain",
        "a \"quote\"\n",
        "\u{0}\u{1f}\u{7f}é😀\\",
        &"long ".repeat(20),
    ] {
        agrees(text);
        agrees(&Some(text));
        agrees(&Struct {
            text,
            left_out: None,
            more: BTreeMap::from([(text, vec![text, text]), ("b", vec![])]),
        });
        agrees(&(Newtype(text), Tuple(text, 7), Unit, text.chars().next()));
        agrees(&[
            Enum::Newtype(text),
            Enum::Tuple(text, 0.5),
            Enum::Struct { text },
            Enum::Unit,
        ]);
        agrees(&(Tagged::Struct { text }, Untagged::Text(text)));
        let branches = Vec::new();
        let leaf = Tree {
            name: text,
            branches,
        };
        agrees(&Tree {
            name: "",
            branches: vec![leaf],
        });
        agrees(&(Bytes(text.as_bytes()), Shown(text)));
        let raw = RawValue::from_string(format!(" {{ \"raw\" : {text:?} }} "));
        agrees(&(raw.ok(), [RawValue::NULL]));
    }
    agrees(&(true, -1i8, 300u16, i64::MIN, u64::MAX, i128::MIN, u128::MAX));
    agrees(&(1.0f32, 1e300, f64::NAN, f32::INFINITY, 'é', '"', ()));
    agrees(&BTreeMap::from([(1, "one"), (2, "two")]));
    agrees(&BTreeMap::from([(true, 1)]));
    agrees(&BTreeMap::from([(Some("a"), 1)]));
}

#[test]
fn what_cannot_be_json_is_refused_alike() {
    agrees(&BTreeMap::from([((1, 2), 3)]));
    agrees(&BTreeMap::from([((), 3)]));
    agrees(&BTreeMap::from([(vec!["a"], 3)]));
}

/// Any value whose texts are of a kind.
pub(crate) fn value_of(
    text: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = Value> {
    let text = text.boxed();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text.clone(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    value_of(prop_oneof!["[ab\"\\\\\n\u{1}é]{0,40}", any::<String>()])
}

proptest! {
    #[test]
    fn any_value_is_written_alike(value in value()) {
        agrees(&value);
    }

    #[test]
    fn any_text_is_written_alike(text in "[ab\"\\\\\n\t\r\u{8}\u{c}\u{1}\u{1f}\u{7f}é😀]{0,70}") {
        agrees(&text);
    }

    #[test]
    fn a_letter_is_escaped_wherever_it_stands(before in 0usize..70, letter: u8, behind in 0usize..70) {
        let text = format!("{}{}{}", "a".repeat(before), char::from(letter), "b".repeat(behind));
        agrees(&text);
    }
}
