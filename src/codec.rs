//! How the clients of a route speak: chosen with [`Route::codec`](crate::Route::codec).
//!
//! | codec | a client sends | a client reads |
//! | --- | --- | --- |
//! | [`Envelope`], the default | `{"event":"join","payload":{"room":"a"}}` | the same |
//! | [`Typed`] | `{"type":"join","room":"a"}` | the same |
//! | [`Auto`] | JSON or any other text | the payload alone |
//! | [`Raw`] | any text | the payload alone |
//! | a [`Codec`] of your own | what it can decode | what it encodes |
//!
//! Rooms are shared by all routes. What is sent to one is encoded once for each codec that
//! its members speak, however many they are. Binary messages that the app sends itself
//! ([`Client::send_binary`](crate::Client::send_binary)) are the same in every codec.
//!
//! ```
//! use orcs::prelude::*;
//!
//! let typed = ws("/typed")
//!     .codec(codec::Typed)
//!     .on("join", async |client, ()| client.join("lobby"));
//! # let _ = typed;
//! ```

mod built_in;
mod custom;
mod spoken;
pub(crate) mod typed;

pub use built_in::{Auto, Envelope, Raw, Typed};
pub use serde_json::value::RawValue;

pub(crate) use custom::{Custom, Speech};
pub(crate) use spoken::Spoken;

use crate::error::Result;
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::to_raw_value;

/// A way to speak of one's own: MessagePack, an array instead of an object, the words of an
/// older server.
///
/// Events, answers (`orcs:ack`) and errors (`error`) all pass it. It is asked once for each
/// message that is sent, however many of its clients get it, on the thread that sends: it
/// should neither wait nor send. A panic in it is caught.
///
/// A codec without fields is one codec on however many routes; one with fields encodes for
/// each of its routes. On a route with [`Route::binary`](crate::Route::binary) binary messages go
/// to that handler, and the codec reads texts only.
///
/// ```
/// use orcs::codec::{Codec, Encoded, Incoming, Message, Outgoing};
/// use orcs::prelude::*;
/// use serde_json::{Value, from_str};
///
/// /// `[event, payload, id]` in MessagePack.
/// struct MessagePack;
///
/// impl Codec for MessagePack {
///     fn decode(&self, message: Message<'_>) -> orcs::Result<Incoming> {
///         let Message::Binary(bytes) = message else {
///             return Err("MessagePack is binary".into());
///         };
///         let (event, payload, id): (String, Value, Value) = rmp_serde::from_slice(bytes)?;
///         Incoming::new(event, &payload)?.with_id(&id)
///     }
///
///     fn encode(&self, outgoing: &Outgoing<'_>) -> orcs::Result<Encoded> {
///         let payload: Value = from_str(outgoing.payload.get())?;
///         let id: Value = outgoing.id.map_or(Ok(Value::Null), |id| from_str(id.get()))?;
///         Ok(rmp_serde::to_vec(&(outgoing.event, payload, id))?.into())
///     }
/// }
///
/// let route = ws("/packed")
///     .codec(MessagePack)
///     .on("add", async |_client, (a, b): (i64, i64)| Reply(a + b));
/// # let _ = route;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a codec",
    label = "a codec is one of `codec::Envelope`, `codec::Typed`, `codec::Auto`, `codec::Raw`, or a type of yours",
    note = "implement `orcs::codec::Codec` for `{Self}`"
)]
pub trait Codec: Send + Sync + 'static {
    /// Reads what a client sent.
    ///
    /// # Errors
    ///
    /// It is nothing that this codec knows. The client is told so (`bad_frame`), without the
    /// error's text, which is in the log at the level `debug`; too many in a row close it
    /// ([`Route::max_bad_frames`](crate::Route::max_bad_frames)). An event whose name is empty or
    /// longer than 128 bytes, or an `id` that is neither a number nor a string of at most 64
    /// bytes, is a bad frame too.
    fn decode(&self, message: Message<'_>) -> Result<Incoming>;

    /// Writes what its clients read.
    ///
    /// # Errors
    ///
    /// It cannot be said in this codec. That is logged, and its clients do not get the
    /// message; who waits for an answer is told `internal`.
    fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded>;
}

/// What a client sent, whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'m> {
    /// A text, which is UTF-8.
    Text(&'m str),
    /// Bytes.
    Binary(&'m [u8]),
}

/// What a client said, as its codec reads it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Incoming {
    /// The event's name.
    pub event: String,
    /// What the handler's payload is read from.
    pub payload: Box<RawValue>,
    /// Asks for exactly one answer: a number or a short string.
    pub id: Option<Box<RawValue>>,
}

impl Incoming {
    /// An event with its payload: a [`serde_json::Value`], a [`RawValue`], anything serde can
    /// write.
    ///
    /// # Errors
    ///
    /// The payload cannot be JSON.
    pub fn new(event: impl Into<String>, payload: &(impl Serialize + ?Sized)) -> Result<Self> {
        Ok(Self {
            event: event.into(),
            payload: to_raw_value(payload)?,
            id: None,
        })
    }

    /// The same with an `id`, which asks for an answer; `None` and `null` ask for none.
    ///
    /// # Errors
    ///
    /// The `id` cannot be JSON.
    pub fn with_id(self, id: &(impl Serialize + ?Sized)) -> Result<Self> {
        let id = Some(to_raw_value(id)?).filter(|id| id.get() != "null");
        Ok(Self { id, ..self })
    }
}

/// What a client is to read.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Outgoing<'a> {
    /// The event's name; `orcs:ack` for an answer, `error` for what went wrong.
    pub event: &'a str,
    /// The payload as JSON.
    pub payload: &'a RawValue,
    /// What it answers.
    pub id: Option<&'a RawValue>,
}

impl<'a> Outgoing<'a> {
    /// An event: for tests of a codec, and for one that speaks through another.
    #[must_use]
    pub fn new(event: &'a str, payload: &'a RawValue) -> Self {
        Self {
            event,
            payload,
            id: None,
        }
    }

    /// The same as the answer to what came with this `id`.
    #[must_use]
    pub fn with_id(self, id: &'a RawValue) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }
}

/// What goes on the wire: a text or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoded {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
}

impl From<String> for Encoded {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Encoded {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(exact(bytes))
    }
}

impl From<Bytes> for Encoded {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

/// The same bytes, which own no more than their length: by that they are counted where they wait,
/// and a handler may keep them.
pub(crate) fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}

#[cfg(test)]
mod tests;
