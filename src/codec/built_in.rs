//! The codecs that orcs brings.

use super::{Codec, Encoded, Incoming, Message, Outgoing, RawValue, typed};
use crate::envelope::{self, MALFORMED};
use crate::error::{Error, Result};
use crate::event::{ACK, MESSAGE};
use crate::text;
use bytes::Bytes;

/// `{"event":"message","payload":{..},"id":7}` in both directions. The default. Source: ORCS.
///
/// | direction | text | when |
/// | --- | --- | --- |
/// | in | `{"event":"message","payload":{..}}` | an event; without a payload it is `null` |
/// | in | `{"event":"message","payload":{..},"id":7}` | an event that wants an answer |
/// | out | `{"event":"message","payload":{..}}` | a `send` |
/// | out | `{"event":"orcs:ack","payload":..,"id":7}` | the answer: a [`Reply`](crate::Reply), else `null` |
/// | out | `{"event":"error","payload":{"message":"..","code":".."}}` | what went wrong, with the `id` if there was one |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Envelope;

/// Objects that name themselves: `{"type":"join","room":"lobby"}`. Source: universal-api, and
/// most hand-written protocols.
///
/// | direction | text | when |
/// | --- | --- | --- |
/// | in | `{"type":"join","room":"lobby"}` | the event `join`; its payload is the whole object |
/// | in | `{"type":"join","room":"lobby","id":7}` | the same, which wants an answer |
/// | in | `{"type":"count","payload":5}` | a handler whose payload is no object reads `payload`, or `null` if there is nothing but `type` |
/// | out | `{"type":"news","text":".."}` | a `send` of an object; a `type` of its own is left out |
/// | out | `{"type":"count","payload":5}` | a `send` of anything else |
/// | out | `{"type":"orcs:ack","payload":..,"id":7}` | the answer |
/// | out | `{"type":"error","message":"..","code":".."}` | what went wrong, with the `id` if there was one |
///
/// The member `payload` is read alone only where it stands alone, beside `type` and `id`, and is
/// no object: whatever else is there belongs to the whole. An `id` that is neither a number nor a
/// string of at most 64 bytes asks for no answer; it is a member like any other.
///
/// Any other text is a bad frame, and lifecycle names are refused, as in envelopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Typed;

/// JSON where it is JSON, else text: every text is the event `message`. Source: CandyPack.
///
/// | direction | text | when |
/// | --- | --- | --- |
/// | in | `{"text":"hi"}` | the payload of `message`, for a handler that asks for a struct |
/// | in | `hi` | the payload as a string |
/// | out | `hi` | a `send` of a string: the event's name is left out |
/// | out | `{"text":"hi"}` | a `send` of anything else: the payload as JSON |
/// | out | as above | a [`Reply`](crate::Reply): there is no `id`, so every message is answered by it |
/// | out | `{"message":"..","code":".."}` | what went wrong |
///
/// A handler that asks for a `String` reads what the JSON string says, or else the text as it
/// came: `5` is `"5"` to it. Bytes are never parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Auto;

/// Text as it is. Source: CandyPack's `ws.send`: a string as it is, an object as JSON.
///
/// | direction | text | when |
/// | --- | --- | --- |
/// | in | anything | the route's `message` handler gets it, as a JSON string would reach it: a `String`, an enum of words |
/// | out | `hello` | a `send` of a string: the event's name is left out |
/// | out | `{"text":"hello"}` | a `send` of anything else: the payload as JSON |
/// | out | as above | a [`Reply`](crate::Reply): there is no `id`, so every message is answered by it |
/// | out | `{"message":"..","code":".."}` | what went wrong |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Raw;

// The hub knows the built-in codecs by their kind and never asks these; they are what a codec
// of the app's own may speak through.

impl Codec for Envelope {
    fn decode(&self, message: Message<'_>) -> Result<Incoming> {
        let text = message.text()?;
        let envelope = envelope::Envelope::parse(text).map_err(|_| malformed())?;
        Incoming::new(envelope.event, envelope.payload)?.with_id(&envelope.id)
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
        let mut buffer = Vec::new();
        envelope::write(&mut buffer, outgoing.event, outgoing.payload)?;
        if let Some(id) = outgoing.id {
            envelope::add_id(&mut buffer, id);
        }
        into_text(buffer)
    }
}

impl Codec for Typed {
    fn decode(&self, message: Message<'_>) -> Result<Incoming> {
        let text = message.text()?;
        let object = typed::Object::parse(text).map_err(|_| malformed())?;
        let payload: &RawValue = serde_json::from_str(text)?;
        Incoming::new(object.event, payload)?.with_id(&object.id)
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
        let mut buffer = Vec::new();
        match outgoing.id {
            Some(id) if outgoing.event == ACK => {
                typed::write_ack(&mut buffer, id, outgoing.payload.get().as_bytes());
            }
            id => typed::write(&mut buffer, outgoing.event, outgoing.payload, id)?,
        }
        into_text(buffer)
    }
}

impl Codec for Auto {
    fn decode(&self, message: Message<'_>) -> Result<Incoming> {
        let text = message.text()?;
        match serde_json::from_str::<&RawValue>(text) {
            Ok(json) => Incoming::new(MESSAGE, json),
            Err(_) => Incoming::new(MESSAGE, text),
        }
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
        Raw.encode(outgoing)
    }
}

impl Codec for Raw {
    fn decode(&self, message: Message<'_>) -> Result<Incoming> {
        Incoming::new(MESSAGE, message.text()?)
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
        let json = Bytes::copy_from_slice(outgoing.payload.get().as_bytes());
        into_text(text::of_json(json).into())
    }
}

impl<'m> Message<'m> {
    fn text(self) -> Result<&'m str> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(_) => Err(malformed()),
        }
    }
}

fn malformed() -> Error {
    Error::new("bad_frame", MALFORMED)
}

fn into_text(buffer: Vec<u8>) -> Result<Encoded> {
    Ok(Encoded::Text(String::from_utf8(buffer)?))
}
