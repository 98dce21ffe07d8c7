//! A payload as text, for clients that read no envelopes: a string as it is, anything
//! else as JSON.

use crate::json;
use bytes::Bytes;
use serde::Serialize;
use serde::ser::{Impossible, Serializer};
use std::fmt;

/// Appends `payload`.
pub(crate) fn write(
    buffer: &mut Vec<u8>,
    payload: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    // Tried first because JSON would look for letters to escape, several times the price
    // of the copy.
    if payload.serialize(Verbatim(buffer)).is_ok() {
        return Ok(());
    }
    let start = buffer.len();
    json::append(buffer, payload)?;
    if buffer[start..].starts_with(b"\"") {
        // Raw JSON that is a string.
        let json = buffer.split_off(start);
        buffer.extend_from_slice(&of_json(json.into()));
    }
    Ok(())
}

/// The text of a payload that was written as JSON already. Copies only what has escapes.
pub(crate) fn of_json(json: Bytes) -> Bytes {
    match &*json {
        [b'"', plain @ .., b'"'] if !plain.contains(&b'\\') => json.slice_ref(plain),
        // Half of a surrogate pair, which raw JSON may have, is no text: it stays JSON.
        [b'"', ..] => serde_json::from_slice::<String>(&json).map_or(json, Bytes::from),
        _ => json,
    }
}

/// Takes strings and refuses everything else, before anything is written.
struct Verbatim<'a>(&'a mut Vec<u8>);

macro_rules! refuse {
    ($($method:ident($($kind:ty),*) -> $answer:ty;)*) => {$(
        fn $method(self, $(_: $kind),*) -> Result<$answer, fmt::Error> {
            Err(fmt::Error)
        }
    )*};
}

type Never = Impossible<(), fmt::Error>;

impl Serializer for Verbatim<'_> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_str(self, text: &str) -> Result<(), fmt::Error> {
        crate::copy::append(self.0, text.as_bytes());
        Ok(())
    }

    fn serialize_char(self, letter: char) -> Result<(), fmt::Error> {
        self.serialize_str(letter.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), fmt::Error> {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use serde_json::value::RawValue;

    /// Both ways lead to the same text: written as such, and made of JSON.
    fn text(payload: &(impl Serialize + ?Sized)) -> String {
        let mut buffer = b"before ".to_vec();
        write(&mut buffer, payload).expect("it can be written");
        let written = String::from_utf8(buffer).expect("text");
        let json = serde_json::to_vec(payload).expect("JSON");
        assert_eq!(
            written.as_bytes(),
            [b"before ", &*of_json(json.into())].concat()
        );
        written["before ".len()..].to_owned()
    }

    #[derive(Serialize)]
    struct Name(&'static str);

    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Start,
        Wait(u32),
    }

    #[test]
    fn a_string_is_written_as_it_is() {
        for plain in [
            "",
            "hello",
            "two\nlines",
            r#"{"a":1}"#,
            r#""quoted\""#,
            "\u{0}😀",
        ] {
            assert_eq!(text(plain), plain);
            assert_eq!(text(&Some(plain.to_owned())), plain);
            assert_eq!(text(&json!(plain)), plain);
        }
        assert_eq!(text(&'é'), "é");
        assert_eq!(text(&Name("ann")), "ann");
        assert_eq!(text(&Word::Start), "start");
        let raw = RawValue::from_string(r#""a\tb""#.to_owned()).unwrap();
        assert_eq!(text(&raw), "a\tb");
    }

    #[test]
    fn anything_else_is_json() {
        assert_eq!(text(&42), "42");
        assert_eq!(text(&1.0), "1.0");
        assert_eq!(text(&f64::NAN), "null");
        assert_eq!(text(&true), "true");
        assert_eq!(text(&()), "null");
        assert_eq!(text(&None::<String>), "null");
        assert_eq!(text(&["a", "b"]), r#"["a","b"]"#);
        assert_eq!(text(&(1, "b")), r#"[1,"b"]"#);
        assert_eq!(text(&Word::Wait(3)), r#"{"wait":3}"#);
        assert_eq!(text(&json!({"text": "hi\n"})), r#"{"text":"hi\n"}"#);
    }

    #[test]
    fn half_a_surrogate_pair_stays_json() {
        let raw = RawValue::from_string(r#""\ud800""#.to_owned()).unwrap();
        assert_eq!(text(&raw), r#""\ud800""#);
    }

    #[test]
    fn json_without_escapes_is_not_copied() {
        let json = Bytes::from(serde_json::to_vec(&"x".repeat(100)).unwrap());
        let text = of_json(json.clone());
        assert_eq!(text.as_ptr(), json[1..].as_ptr());
        assert_eq!(text.len(), 100);
    }
}
