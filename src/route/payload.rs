//! What a handler may take as its payload.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// What a handler may take as its payload: anything serde can read that owns its data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of an event",
    label = "the second argument of this handler has type `{Self}`",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`; a payload owns its data (`String`, not `&str`)"
)]
pub trait Payload: Sized + Send + 'static {
    #[doc(hidden)]
    fn decode(payload: &RawValue) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Payload for T {
    fn decode(payload: &RawValue) -> Result<Self> {
        serde_json::from_str(payload.get())
            .map_err(|error| Error::new("validation", sentence(&error)))
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
    fn a_wrong_shape_is_told_in_serdes_words() {
        #[derive(Debug, serde::Deserialize)]
        struct Join {
            #[expect(dead_code, reason = "only its absence matters here")]
            room: String,
        }
        let payload = RawValue::from_string(r#"{"rom":"lobby"}"#.to_owned()).unwrap();
        let error = Join::decode(&payload).unwrap_err();
        assert_eq!(
            (error.code(), error.public()),
            ("validation", "missing field `room`")
        );
    }
}
