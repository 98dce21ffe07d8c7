//! What came with an event: what a handler's payload is read from.

use super::{Payload, said};
use crate::error::Result;
use std::borrow::Cow;

/// What came with an event.
#[derive(Clone)]
pub(crate) enum Content<'m> {
    /// What stands at the place of an envelope's payload: JSON, or so it seems at a glance.
    Json(Cow<'m, str>),
    /// The whole text of a client that sends no envelopes.
    Text(Cow<'m, str>),
}

impl Content<'_> {
    pub(super) fn decode<P: Payload>(self) -> Result<P> {
        match self {
            Self::Json(json) => P::decode(&json),
            Self::Text(text) => P::decode_text(said::into_text(text)),
        }
    }

    pub(super) fn into_owned(self) -> Content<'static> {
        match self {
            Self::Json(json) => Content::Json(Cow::Owned(json.into_owned())),
            Self::Text(text) => Content::Text(Cow::Owned(said::into_text(text))),
        }
    }

    pub(super) fn lend(&self) -> Content<'_> {
        match self {
            Self::Json(json) => Content::Json(Cow::Borrowed(json)),
            Self::Text(text) => Content::Text(Cow::Borrowed(text)),
        }
    }
}
