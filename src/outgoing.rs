//! What leaves the server, encoded once however many clients get it.

use crate::close::{Close, Initiator, code};
use crate::codec::{Custom, Encoded, Outgoing, Spoken, typed};
use crate::envelope;
use crate::hub::{self, Delivery, Hub, Member, Message, UNWRITABLE};
use crate::proto::frame::{self, HEAD_ROOM, OpCode};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::to_raw_value;
use std::ops::Range;
use std::sync::Arc;
use tracing::{error, warn};

/// Appends an event as one frame.
///
/// # Errors
///
/// It cannot be said in this codec, which is logged.
pub(crate) fn append_event(
    hub: &Hub,
    codec: Spoken,
    buffer: &mut Vec<u8>,
    event: &str,
    payload: &(impl Serialize + ?Sized),
) -> Result<(), Unsaid> {
    if let Spoken::Custom(number) = codec {
        let (opcode, bytes) = hub::opened(encoded(hub.custom(number), event, payload)?);
        append_payload(opcode, buffer, &bytes);
        return Ok(());
    }
    let written = frame::append(OpCode::Text, buffer, |buffer| {
        write(codec, buffer, event, payload)
    });
    written.map_err(|cause| Unsaid::log(event, &cause))
}

/// Appends an answer as one frame.
pub(crate) fn append_answer(buffer: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    frame::append(OpCode::Text, buffer, write);
}

/// Sends an event to one client.
pub(crate) fn send(
    hub: &Hub,
    member: &Arc<Member>,
    event: &str,
    payload: &(impl Serialize + ?Sized),
) -> Delivery {
    match event_in(hub, member.codec(), event, payload) {
        Some(message) => hub.send(member, message),
        None => Delivery::Dropped,
    }
}

/// An event for one client. `None` if it cannot be said in its codec, which is logged.
pub(crate) fn event_in(
    hub: &Hub,
    codec: Spoken,
    name: &str,
    payload: &(impl Serialize + ?Sized),
) -> Option<Message> {
    match codec {
        Spoken::Envelope => event(name, payload),
        Spoken::Custom(number) => {
            let encoded = encoded(hub.custom(number), name, payload).ok()?;
            Some(Message::event_for_one(encoded, name))
        }
        codec => {
            let mut written = Ok(());
            let frame = text(|buffer| written = write(codec, buffer, name, payload));
            written.map_err(|cause| Unsaid::log(name, &cause)).ok()?;
            Some(Message::event_for_one(frame, name))
        }
    }
}

/// Writes an event in a codec that is built in.
// Called from two places, and so left apart, it would cost each reply 30 instructions more.
#[inline(always)]
fn write(
    codec: Spoken,
    buffer: &mut Vec<u8>,
    event: &str,
    payload: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    match codec {
        Spoken::Envelope => envelope::write(buffer, event, payload).map(drop),
        Spoken::Typed => typed::write(buffer, event, payload, None),
        Spoken::Raw | Spoken::Auto => crate::text::write(buffer, payload),
        Spoken::Custom(_) => unreachable!("a codec of the app's own writes whole messages"),
    }
}

/// An event in a codec of the app's own.
fn encoded(
    custom: &Custom,
    name: &str,
    payload: &(impl Serialize + ?Sized),
) -> Result<Encoded, Unsaid> {
    let payload = to_raw_value(payload).map_err(|cause| Unsaid::log(name, &cause))?;
    (custom.encode(&Outgoing::new(name, &payload))).ok_or(Unsaid)
}

/// An event for clients of any codec. `None` if its payload cannot be JSON, which is logged.
pub(crate) fn event(event: &str, payload: &(impl Serialize + ?Sized)) -> Option<Message> {
    let mut written = None;
    let frame = text(|buffer| written = Some(envelope::write(buffer, event, payload)));
    let places = written?.map_err(|cause| Unsaid::log(event, &cause)).ok()?;
    // Behind the payload comes only the closing brace; before the header room was left over.
    let left_over = places.payload.end + 1 - frame.len();
    let in_frame = |place: Range<usize>| place.start - left_over..place.end - left_over;
    let (event, payload) = (in_frame(places.event), in_frame(places.payload));
    Some(Message::event(frame, event, payload))
}

/// An answer: an ack or an error.
pub(crate) fn answer(write: impl FnOnce(&mut Vec<u8>)) -> Message {
    Message::kept(text(write))
}

/// A text frame whose header stands right before its payload, without moving it.
fn text(write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut buffer = Vec::with_capacity(TYPICAL_FRAME_BYTES);
    buffer.resize(HEAD_ROOM, 0);
    write(&mut buffer);
    // What waits in an outbox is counted by its length, so it must own no more.
    buffer.shrink_to_fit();
    frame::seal(OpCode::Text, buffer)
}

/// Appends what is a payload already as one frame.
#[inline]
pub(crate) fn append_payload(opcode: OpCode, buffer: &mut Vec<u8>, payload: &[u8]) {
    frame::append(opcode, buffer, |buffer| buffer.extend_from_slice(payload));
}

/// A binary message. Bytes that are large are not copied.
pub(crate) fn binary(bytes: Bytes) -> Message {
    Message::binary(bytes)
}

/// A ping. `None` if its payload is too long for one, which is logged.
pub(crate) fn ping(payload: &[u8]) -> Option<Message> {
    control(OpCode::Ping, "ping", payload)
}

/// A pong, as [`ping`].
pub(crate) fn pong(payload: &[u8]) -> Option<Message> {
    control(OpCode::Pong, "pong", payload)
}

fn control(opcode: OpCode, name: &str, payload: &[u8]) -> Option<Message> {
    let bytes = payload.len();
    if bytes > frame::MAX_CONTROL {
        error!("a {name} of {bytes} bytes cannot be sent: a control frame has room for 125");
        return None;
    }
    Some(Message::kept(frame::encode(opcode, payload)))
}

/// A close of our own choice.
pub(crate) fn close(wanted: u16, reason: &str) -> Close {
    let sent = if frame::is_close_code(wanted) {
        wanted
    } else {
        warn!(
            code = wanted,
            "this close code must not be sent (RFC 6455, 7.4); closing with 1000"
        );
        code::NORMAL
    };
    Close::new(sent, reason, Initiator::Server)
}

/// A message that cannot be said in its client's codec: mostly, its payload cannot be JSON.
#[derive(Debug)]
pub(crate) struct Unsaid;

impl Unsaid {
    fn log(event: &str, cause: &serde_json::Error) -> Self {
        UNWRITABLE.add_one();
        error!(event, "the payload cannot be written as JSON: {cause}");
        Self
    }
}

/// Most envelopes fit; a longer one grows.
const TYPICAL_FRAME_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_owns_no_more_than_its_length() {
        for length in [0, 1, 100, 300, 100_000] {
            let message = event("news", &"x".repeat(length)).expect("JSON");
            let (frame, body) = message.into_frame().into_parts();
            assert!(body.is_empty(), "a text of our own making is in one piece");
            let written = frame.len();
            let owned = frame.try_into_mut().expect("nobody else has it").capacity();
            assert!(owned <= written + HEAD_ROOM, "{owned} for {written}");
        }
    }
}
