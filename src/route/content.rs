//! What came with an event: what a handler's payload is read from.

use super::{Payload, said};
use crate::codec::typed;
use crate::error::{Error, Result};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;

/// What came with an event.
#[derive(Clone)]
pub(crate) enum Content<'m> {
    /// What stands at the place of an envelope's payload: JSON, or so it seems at a glance.
    Json(Cow<'m, str>),
    /// The whole text of a client that sends no envelopes.
    Text(Cow<'m, str>),
    /// The same, which is read as JSON first.
    Either(Cow<'m, str>),
    /// An object that names its event: it is the payload, or has it as a member.
    Object(Cow<'m, str>),
}

impl Content<'_> {
    pub(super) fn decode<P: Payload>(self) -> Result<P> {
        let mut json: &str = match &self {
            Self::Text(_) => return P::decode_text(self.into_text()),
            Self::Json(text) | Self::Either(text) | Self::Object(text) => text,
        };
        let mut tries = Tries::default();
        // One call for all that is tried: each would bring the payload's whole reader once more,
        // and a single one is read in place.
        let of_json = loop {
            let error = match P::decode(json) {
                Ok(payload) => return Ok(payload),
                Err(error) => error,
            };
            match self.otherwise(error, &mut tries)? {
                Otherwise::Json(inner) => json = inner,
                Otherwise::Text(of_json) => break of_json,
            }
        };
        P::decode_text(self.into_text()).map_err(|of_text| of_json.unwrap_or(of_text))
    }

    /// What else may be tried where that could not be read.
    ///
    /// # Errors
    ///
    /// What the sender reads: nothing else may be.
    #[cold]
    fn otherwise(&self, error: Error, tries: &mut Tries) -> Result<Otherwise<'_>> {
        match self {
            // An object is what it says, or else what stands in it where a payload that is none
            // goes out.
            Self::Object(object) if !tries.is_again => match typed::inner(object) {
                Some(inner) => {
                    tries.is_again = true;
                    tries.of_all = Some(error).filter(|_| inner == "null");
                    Ok(Otherwise::Json(inner))
                }
                None => Err(error),
            },
            Self::Object(_) => Err(tries.of_all.take().unwrap_or(error)),
            // The sender reads why the one that it seems to be does not do.
            Self::Either(text) => {
                let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
                Ok(Otherwise::Text(is_json.then_some(error)))
            }
            Self::Json(_) | Self::Text(_) => Err(error),
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::Json(text) | Self::Text(text) | Self::Either(text) | Self::Object(text) => {
                said::into_text(text)
            }
        }
    }

    /// As a condition sees it that asks for no type: what most types would be read from.
    pub(super) fn as_value(&self) -> Option<Value> {
        let content = match self {
            Self::Object(object) => Content::Json(typed::inner(object).unwrap_or(object).into()),
            content => content.lend(),
        };
        content.decode().ok()
    }

    pub(super) fn into_owned(self) -> Content<'static> {
        match self {
            Self::Json(json) => Content::Json(Cow::Owned(json.into_owned())),
            Self::Text(text) => Content::Text(Cow::Owned(said::into_text(text))),
            Self::Either(text) => Content::Either(Cow::Owned(said::into_text(text))),
            Self::Object(object) => Content::Object(Cow::Owned(object.into_owned())),
        }
    }

    pub(super) fn lend(&self) -> Content<'_> {
        match self {
            Self::Json(json) => Content::Json(Cow::Borrowed(json)),
            Self::Text(text) => Content::Text(Cow::Borrowed(text)),
            Self::Either(text) => Content::Either(Cow::Borrowed(text)),
            Self::Object(object) => Content::Object(Cow::Borrowed(object)),
        }
    }
}

/// What was tried of an object before.
#[derive(Default)]
struct Tries {
    is_again: bool,
    /// Why it could not be read as a whole, where that says more.
    of_all: Option<Error>,
}

enum Otherwise<'m> {
    Json(&'m str),
    /// The whole as a text; and why not as JSON, if it is that.
    Text(Option<Error>),
}
