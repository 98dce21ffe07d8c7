//! What a client is told in the words of its codec: events, answers, errors.

use super::Session;
use crate::close::cut;
use crate::codec::{Custom, Outgoing, RawValue, Spoken, typed};
use crate::envelope::{self, Failure};
use crate::error::INTERNAL;
use crate::event::ACK;
use crate::hub::{self, Delivery, Frame, Message};
use crate::outgoing;
use crate::proto::frame::OpCode;
use bytes::Bytes;
use serde::Serialize;
use std::convert::Infallible;

impl Session {
    pub(super) fn send_event(&self, event: &str, payload: &(impl Serialize + ?Sized)) -> Delivery {
        let hub = self.manager.hub();
        let replied = hub.reply(&self.member, |replies| {
            outgoing::append_event(hub, self.codec(), replies, event, payload)
        });
        match replied {
            Some(replied) => replied.unwrap_or(Delivery::Dropped),
            None => outgoing::send(hub, &self.member, event, payload),
        }
    }

    pub(super) fn send_binary(&self, bytes: Bytes) -> Delivery {
        self.send_payload(OpCode::Binary, bytes, Message::unnamed)
    }

    /// Answers what asked for it: an event with an `id` always, a text that is the payload
    /// alone if there is something to say.
    pub(crate) fn send_answer(&self, payload: Option<Bytes>, id: Option<&RawValue>) {
        match (self.codec(), id) {
            (Spoken::Raw | Spoken::Auto, _) => {
                if let Some(text) = payload {
                    self.send_payload(OpCode::Text, text, Message::kept);
                }
            }
            (_, None) => {}
            (codec, Some(id)) => self.send_ack(codec, payload.as_deref().unwrap_or(b"null"), id),
        }
    }

    fn send_ack(&self, codec: Spoken, payload: &[u8], id: &RawValue) {
        match codec {
            Spoken::Custom(_) => {
                if !self.encode_answer(ACK, payload, Some(id)) {
                    self.send_error(INTERNAL, "internal", Some(id));
                }
            }
            Spoken::Typed => self.write_answer(|buffer| typed::write_ack(buffer, id, payload)),
            Spoken::Envelope | Spoken::Raw | Spoken::Auto => {
                self.write_answer(|buffer| envelope::write_ack(buffer, id, payload));
            }
        }
    }

    /// Tells what went wrong. The text is cut: serde's sentence quotes what the peer wrote.
    pub(crate) fn send_error(&self, message: &str, code: &str, id: Option<&RawValue>) {
        let failure = Failure {
            message: cut(message, MAX_ERROR_BYTES),
            code,
            retry_after: None,
        };
        self.send_failure(&failure, id);
    }

    pub(crate) fn send_failure(&self, failure: &Failure<'_>, id: Option<&RawValue>) {
        match self.codec() {
            Spoken::Envelope => {
                self.write_answer(|buffer| envelope::write_error(buffer, failure, id));
            }
            Spoken::Raw | Spoken::Auto => self.write_answer(|buffer| failure.write(buffer)),
            Spoken::Typed => self.write_answer(|buffer| {
                typed::write(buffer, "error", failure, id).expect("strings serialise");
            }),
            Spoken::Custom(_) => {
                let mut payload = Vec::new();
                failure.write(&mut payload);
                self.encode_answer("error", &payload, id);
            }
        }
    }

    /// The codec of the app's own that it speaks.
    pub(crate) fn custom(&self) -> Option<&Custom> {
        match self.codec() {
            Spoken::Custom(number) => Some(self.manager.hub().custom(number)),
            _ => None,
        }
    }

    /// Answers in a codec of the app's own. False if it cannot be said in it.
    fn encode_answer(&self, event: &str, payload: &[u8], id: Option<&RawValue>) -> bool {
        let encode = || {
            let mut outgoing = Outgoing::new(event, serde_json::from_slice(payload).ok()?);
            outgoing.id = id;
            self.custom()?.encode(&outgoing)
        };
        let Some(encoded) = encode() else {
            return false;
        };
        let (opcode, bytes) = hub::opened(encoded);
        self.send_payload(opcode, bytes, Message::kept);
        true
    }

    /// Sends what is a frame's payload already. A large one is not copied.
    #[inline]
    fn send_payload(
        &self,
        opcode: OpCode,
        payload: Bytes,
        message: impl FnOnce(Frame) -> Message,
    ) -> Delivery {
        let hub = self.manager.hub();
        let reply = |replies: &mut Vec<u8>| {
            outgoing::append_payload(opcode, replies, &payload);
            Ok::<_, Infallible>(())
        };
        let replied = if Frame::is_large(&payload) {
            None
        } else {
            hub.reply(&self.member, reply)
        };
        match replied {
            Some(Ok(delivery)) => delivery,
            None => hub.send(&self.member, message(Frame::new(opcode, payload))),
        }
    }

    fn write_answer(&self, write: impl Fn(&mut Vec<u8>)) {
        let hub = self.manager.hub();
        let replied = hub.reply(&self.member, |replies| {
            outgoing::append_answer(replies, &write);
            Ok::<_, Infallible>(())
        });
        if replied.is_none() {
            hub.send(&self.member, outgoing::answer(write));
        }
    }
}

/// Longest error text on the wire: a peer must not make us hold what it sent once more.
const MAX_ERROR_BYTES: usize = 256;
