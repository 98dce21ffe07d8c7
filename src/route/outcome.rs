//! What a handler may return.

use crate::client::{Listener, Timer};
use crate::codec::{Spoken, exact};
use crate::error::Result;
use crate::hub::{Delivery, Joined, Left, Sent};
use crate::json;
use crate::text;
use bytes::Bytes;
use sealed::{Never, Sealed};
use serde::Serialize;
use std::any::Any;

/// What a handler may return: nothing, a [`Reply`], what a `send` or a `join` told, a
/// [`Timer`], or an [`orcs::Result`](crate::Result) of any of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a handler",
    label = "this handler returns `{Self}`",
    note = "return nothing, `Reply(value)` with a `Serialize` value, or `orcs::Result` of either, which `?` makes of every `std::error::Error`",
    note = "to end with a value you do not need, put `;` after it"
)]
pub trait Outcome: Send + Sealed {
    #[doc(hidden)]
    fn into_answer(self, codec: Spoken) -> Result<Option<Bytes>>;
}

/// What a handler may return where its reply is settled: what its [`Event`](crate::Event) says,
/// or none for [bytes](crate::Route::binary) and [timers](crate::Client::every).
///
/// It asks for no `Serialize`, so that a reply without is told apart from a wrong one.
#[diagnostic::on_unimplemented(
    message = "this handler must reply with `{R}`, which returning `{Self}` does not",
    label = "returns `{Self}`",
    note = "return `Reply(value)` with a value of type `{R}`, or `orcs::Result` of it; where the reply is `()`, return nothing, or what a `send` or a `join` told",
    note = "an event says what it is answered: `#[event(reply = ..)]` above its type, `()` if it says nothing; a binary message or a timer is answered nothing"
)]
pub trait Answers<R>: Sealed {}

#[diagnostic::do_not_recommend]
impl<A: Sealed<Reply = R>, R> Answers<R> for A {}

/// Answers the envelope's `id`: `{"event":"orcs:ack","payload":value,"id":7}`.
///
/// When the envelope had no `id`, nothing is sent. On a route with
/// [`codec::Raw`](crate::codec::Raw) or [`codec::Auto`](crate::codec::Auto), where no message has
/// one, it answers every message: a string as it is (a `String` is not even copied), anything
/// else as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T>(pub T);

impl<T> Sealed for Reply<T> {
    type Reply = T;
}

impl<T: Serialize + Send + 'static> Outcome for Reply<T> {
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
        Ok(Some(exact(written)))
    }
}

impl<O: Sealed> Sealed for Result<O> {
    type Reply = O::Reply;
}

impl<O: Outcome> Outcome for Result<O> {
    fn into_answer(self, codec: Spoken) -> Result<Option<Bytes>> {
        self?.into_answer(codec)
    }
}

impl Sealed for Joined {
    type Reply = ();
}

#[diagnostic::do_not_recommend]
impl Outcome for Joined {
    fn into_answer(self, _: Spoken) -> Result<Option<Bytes>> {
        match self {
            Self::Now | Self::Already => Ok(None),
            Self::Refused(why) => Err(why.for_peer()),
        }
    }
}

impl Sealed for Never {
    type Reply = ();
}

/// What a task that loops for ever, or a handler that always panics, is said to return.
#[diagnostic::do_not_recommend]
impl Outcome for Never {
    fn into_answer(self, _: Spoken) -> Result<Option<Bytes>> {
        self
    }
}

impl Sealed for Timer {
    type Reply = ();
}

#[diagnostic::do_not_recommend]
impl Outcome for Timer {
    fn into_answer(self, _: Spoken) -> Result<Option<Bytes>> {
        self.refusal().map_or(Ok(None), Err)
    }
}

// `do_not_recommend`: whoever returns a `bool` need not read all that would do as well.
macro_rules! answers_nothing {
    ($($kind:ty),*) => {$(
        impl Sealed for $kind {
            type Reply = ();
        }

        #[diagnostic::do_not_recommend]
        impl Outcome for $kind {
            fn into_answer(self, _: Spoken) -> Result<Option<Bytes>> {
                Ok(None)
            }
        }
    )*};
}

answers_nothing!((), Delivery, Left, Listener, Sent);

/// Most answers fit; a longer one grows.
const TYPICAL_ANSWER_BYTES: usize = 128;

mod sealed {
    /// What a handler may return is this crate's to say; new kinds come with new versions.
    #[expect(unnameable_types, reason = "that is what seals a trait")]
    pub trait Sealed {
        /// The type of the answer.
        type Reply;
    }

    /// `!`, which may not be written here yet: it is what a function that never returns returns.
    pub(super) type Never = <fn() -> ! as Returns>::Type;

    #[expect(unnameable_types, reason = "only `Never` asks it")]
    pub trait Returns {
        type Type;
    }

    impl<T> Returns for fn() -> T {
        type Type = T;
    }
}
