//! What a handler may return.

use crate::codec::Spoken;
use crate::error::Result;
use crate::hub::{Delivery, Joined, Left, Sent};
use crate::json;
use crate::text;
use bytes::Bytes;
use sealed::Sealed;
use serde::Serialize;
use std::any::Any;

/// What a handler may return: nothing, a [`Reply`], what a `send` or a `join` told, or
/// an [`orcs::Result`](crate::Result) of any of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a handler",
    label = "this handler returns `{Self}`",
    note = "return nothing, `Reply(value)` with a `Serialize` value, or `orcs::Result` of either",
    note = "to end with a value you do not need, put `;` after it"
)]
pub trait Outcome: Send + Sealed {
    /// The type of the answer.
    type Reply;

    #[doc(hidden)]
    fn into_answer(self, codec: Spoken) -> Result<Option<Bytes>>;
}

/// Answers the envelope's `id`: `{"event":"orcs:ack","payload":value,"id":7}`.
///
/// When the envelope had no `id`, nothing is sent. On a route with
/// [`codec::Raw`](crate::codec::Raw) or [`codec::Auto`](crate::codec::Auto), where no message has
/// one, it answers every message: a string as it is (a `String` is not even copied), anything
/// else as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T>(pub T);

impl<T> Sealed for Reply<T> {}

impl<T: Serialize + Send + 'static> Outcome for Reply<T> {
    type Reply = T;

    fn into_answer(mut self, codec: Spoken) -> Result<Option<Bytes>> {
        let written = match codec {
            Spoken::Envelope | Spoken::Typed | Spoken::Custom(_) => {
                let mut buffer = Vec::with_capacity(TYPICAL_ANSWER_BYTES);
                json::append(&mut buffer, &self.0)?;
                buffer
            }
            Spoken::Raw | Spoken::Auto => {
                match (&mut self.0 as &mut dyn Any).downcast_mut::<String>() {
                    Some(text) => std::mem::take(text).into_bytes(),
                    None => {
                        let mut buffer = Vec::with_capacity(TYPICAL_ANSWER_BYTES);
                        text::write(&mut buffer, &self.0)?;
                        buffer
                    }
                }
            }
        };
        // What waits in an outbox is counted by its length, so it must own no more.
        Ok(Some(written.into_boxed_slice().into()))
    }
}

impl<O> Sealed for Result<O> {}

impl<O: Outcome> Outcome for Result<O> {
    type Reply = O::Reply;

    fn into_answer(self, codec: Spoken) -> Result<Option<Bytes>> {
        self?.into_answer(codec)
    }
}

impl Sealed for Joined {}

impl Outcome for Joined {
    type Reply = ();

    fn into_answer(self, _: Spoken) -> Result<Option<Bytes>> {
        match self {
            Self::Now | Self::Already => Ok(None),
            Self::Refused(why) => Err(why.for_peer()),
        }
    }
}

macro_rules! answers_nothing {
    ($($kind:ty),*) => {$(
        impl Sealed for $kind {}

        impl Outcome for $kind {
            type Reply = ();

            fn into_answer(self, _: Spoken) -> Result<Option<Bytes>> {
                Ok(None)
            }
        }
    )*};
}

answers_nothing!((), Delivery, Left, Sent);

/// Most answers fit; a longer one grows.
const TYPICAL_ANSWER_BYTES: usize = 128;

mod sealed {
    /// What a handler may return is this crate's to say; new kinds come with new versions.
    #[expect(unnameable_types, reason = "that is what seals a trait")]
    pub trait Sealed {}
}
