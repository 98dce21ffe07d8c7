//! What a handler may take as its payload.

use super::shape::Shape;
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a handler may take as its payload: anything serde can read that owns its data.
///
/// On a route with [`codec::Raw`](crate::codec::Raw) the text is the payload, as if it were a
/// JSON string: a `String`, an enum of words, a time, but no struct. With
/// [`codec::Auto`](crate::codec::Auto) it is read as JSON first, and with
/// [`codec::Typed`](crate::codec::Typed) the whole object is the payload.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of an event",
    label = "the second argument of this handler has type `{Self}`",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`; a payload owns its data (`String`, not `&str`)"
)]
pub trait Payload: Sized + Send + 'static {
    #[doc(hidden)]
    fn decode(json: &str) -> Result<Self>;

    #[doc(hidden)]
    fn decode_text(text: String) -> Result<Self>;

    /// What it looks like, as JSON for `orcs routes`; serving never asks.
    #[doc(hidden)]
    fn shape() -> String;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Payload for T {
    #[inline]
    fn decode(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::new("validation", sentence(&error)))
    }

    fn decode_text(text: String) -> Result<Self> {
        // As a JSON string would be read, without making one; a `String` is moved.
        serde_json::from_value(Value::String(text))
            .map_err(|error| Error::new("validation", sentence(&error)))
    }

    fn shape() -> String {
        serde_json::to_string(&Shape::of::<Self>()).expect("words serialise")
    }
}

/// serde's sentence without its position, which would count from the payload's start
/// and not from the frame's.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position)
        .map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_like_a_string() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            Start,
        }
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Name(String);

        let text = "x".repeat(5000);
        let place = text.as_ptr();
        let text = String::decode_text(text).unwrap();
        assert_eq!(text.as_ptr(), place, "it is not copied");
        assert_eq!(Word::decode_text("start".to_owned()).unwrap(), Word::Start);
        let name = Name::decode_text("ann".to_owned()).unwrap();
        assert_eq!(name, Name("ann".to_owned()));
        let some = Option::<String>::decode_text("null".to_owned()).unwrap();
        assert_eq!(some, Some("null".to_owned()));
        let value = Value::decode_text("{}".to_owned()).unwrap();
        assert_eq!(value, Value::String("{}".to_owned()));
        let error = u32::decode_text("5".to_owned()).unwrap_err();
        assert_eq!(
            (error.code(), error.public()),
            ("validation", r#"invalid type: string "5", expected u32"#)
        );
    }

    #[test]
    fn a_wrong_shape_is_told_in_serdes_words() {
        #[derive(Debug, serde::Deserialize)]
        struct Join {
            #[expect(dead_code, reason = "only its absence matters here")]
            room: String,
        }
        let error = Join::decode(r#"{"rom":"lobby"}"#).unwrap_err();
        assert_eq!(
            (error.code(), error.public()),
            ("validation", "missing field `room`")
        );
    }
}
