//! The forms in which a message is read, beside the one that speaks envelopes.

use super::{Frame, Message};
use crate::codec::{self, Custom, Encoded, Outgoing, RawValue, Spoken, typed};
use crate::proto::frame::OpCode;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// Forms that few messages have, each made at most once.
#[derive(Debug, Default)]
pub(super) struct Forms {
    typed: OnceLock<Frame>,
    raw_deflated: Deflated,
    typed_deflated: Deflated,
    /// For each of the app's own codecs, if it could be encoded.
    customs: OnceLock<Box<[Option<Arc<Message>>]>>,
}

impl Forms {
    /// The message was made ready before it was known which rooms it goes to.
    pub(super) fn sent_to(&mut self, rooms: u64) {
        let customs = self.customs.get_mut().into_iter().flatten().flatten();
        for form in customs.filter_map(Arc::get_mut) {
            form.set_rooms(rooms);
        }
    }
}

/// A message as one compressed frame; none if that is no shorter.
pub(super) type Deflated = OnceLock<Option<Arc<Message>>>;

impl Message {
    /// What a client reads that speaks typed objects.
    pub(super) fn typed(&self) -> &Frame {
        self.forms().typed.get_or_init(|| {
            let (event, payload) = self.event_and_payload();
            let object = typed::of_json(event, payload);
            Frame::new(OpCode::Text, codec::exact(object))
        })
    }

    /// Where the compressed form of a frame is kept that is not the envelope's.
    pub(super) fn deflated_form(&self, codec: Spoken) -> &Deflated {
        match codec {
            Spoken::Typed => &self.forms().typed_deflated,
            _ => &self.forms().raw_deflated,
        }
    }

    /// Whether clients who speak a codec of the app's own can be handed it.
    pub(super) fn is_ready_for_customs(&self) -> bool {
        !self.has_payload() || (self.forms().customs.get()).is_some()
    }

    /// Makes it ready for them. No lock may be held: it runs the app's code.
    pub(super) fn encode_for(&self, customs: &[Custom]) {
        (self.forms().customs).get_or_init(|| {
            let form = |custom| self.encoded_by(custom).map(|frame| self.in_form(frame));
            customs.iter().map(form).collect()
        });
    }

    /// The same for a client that speaks this codec of the app's own. None if it cannot be
    /// said in it.
    pub(super) fn custom(self: &Arc<Self>, number: u8) -> Option<&Arc<Self>> {
        if !self.has_payload() {
            return Some(self);
        }
        let forms = self.forms().customs.get()?;
        forms.get(usize::from(number))?.as_ref()
    }

    fn encoded_by(&self, custom: &Custom) -> Option<Frame> {
        let (event, payload) = self.event_and_payload();
        let event: String = serde_json::from_slice(event).ok()?;
        let payload: &RawValue = serde_json::from_slice(payload).ok()?;
        let encoded = custom.encode(&Outgoing::new(&event, payload))?;
        Some(encoded.into())
    }
}

impl From<Encoded> for Frame {
    fn from(encoded: Encoded) -> Self {
        let (opcode, payload) = opened(encoded);
        Self::new(opcode, payload)
    }
}

/// What kind of frame it is, and its payload.
pub(crate) fn opened(encoded: Encoded) -> (OpCode, Bytes) {
    match encoded {
        Encoded::Text(text) => (OpCode::Text, codec::exact(text.into_bytes())),
        Encoded::Binary(bytes) => (OpCode::Binary, bytes),
    }
}
