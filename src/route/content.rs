//! What came with an event: what a handler's payload is read from.

use super::{Payload, said};
use crate::codec::typed;
use crate::error::Result;
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
        match self {
            Self::Json(json) => P::decode(&json),
            Self::Text(text) => P::decode_text(said::into_text(text)),
            Self::Either(text) => either(text),
            Self::Object(object) => member_or_all(&object),
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

/// What a text says as JSON, or else as a string. Its sender reads why the one it seems to be
/// does not do.
#[inline(never)]
fn either<P: Payload>(text: Cow<'_, str>) -> Result<P> {
    P::decode(&text).or_else(|of_json| {
        let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        P::decode_text(said::into_text(text)).map_err(|of_text| match is_json {
            true => of_json,
            false => of_text,
        })
    })
}

/// What an object says, or else what stands in it where a payload that is none goes out.
#[inline(never)]
fn member_or_all<P: Payload>(object: &str) -> Result<P> {
    P::decode(object).or_else(|of_all| match typed::inner(object) {
        Some("null") => P::decode("null").map_err(|_| of_all),
        Some(inner) => P::decode(inner),
        None => Err(of_all),
    })
}
