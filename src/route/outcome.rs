//! What a handler may return.

use crate::error::Result;
use crate::hub::{Delivery, Joined, Left, Sent};
use sealed::Sealed;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

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
    fn into_answer(self) -> Result<Option<Box<RawValue>>>;
}

/// Answers the envelope's `id`: `{"event":"orcs:ack","payload":value,"id":7}`.
///
/// When the envelope had no `id`, nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T>(pub T);

impl<T> Sealed for Reply<T> {}

impl<T: Serialize + Send> Outcome for Reply<T> {
    type Reply = T;

    fn into_answer(self) -> Result<Option<Box<RawValue>>> {
        Ok(Some(to_raw_value(&self.0)?))
    }
}

impl<O> Sealed for Result<O> {}

impl<O: Outcome> Outcome for Result<O> {
    type Reply = O::Reply;

    fn into_answer(self) -> Result<Option<Box<RawValue>>> {
        self?.into_answer()
    }
}

impl Sealed for Joined {}

impl Outcome for Joined {
    type Reply = ();

    fn into_answer(self) -> Result<Option<Box<RawValue>>> {
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

            fn into_answer(self) -> Result<Option<Box<RawValue>>> {
                Ok(None)
            }
        }
    )*};
}

answers_nothing!((), Delivery, Left, Sent);

mod sealed {
    /// What a handler may return is this crate's to say; new kinds come with new versions.
    #[expect(unnameable_types, reason = "that is what seals a trait")]
    pub trait Sealed {}
}
