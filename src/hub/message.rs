//! A message on its way out.

use super::Frame;
use super::forms::{Deflated, Forms};
use crate::codec::Spoken;
use crate::proto::deflate::{self, Compressor};
use crate::proto::frame::OpCode;
use crate::text;
use bytes::Bytes;
use std::hash::{BuildHasher, Hash, RandomState};
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

/// A message to clients, encoded once however many get it.
#[derive(Debug)]
pub(crate) struct Message {
    frame: Frame,
    /// The frame for clients who speak raw or auto, made when the first of them needs it.
    raw: OnceLock<Frame>,
    /// Where in the frame's first piece the payload lies, which such clients read alone; without
    /// one all read the same frame.
    payload: Option<Range<usize>>,
    kind: Kind,
    name: Name,
    /// The rooms it was sent to, as a number that is theirs alone.
    rooms: u64,
    /// The frame compressed, once somebody has asked for it; none if that is no shorter.
    deflated: Deflated,
    forms: OnceLock<Box<Forms>>,
}

/// What may become of a message for a client that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It may be dropped or replaced, as the client's route says.
    Event,
    /// It is not even queued.
    Volatile,
    /// It is waited for by name, or keeps the connection alive: never dropped.
    Kept,
}

/// What an event is called.
#[derive(Debug)]
enum Name {
    /// What stands there in the frame's first piece; nothing for bytes.
    At(Range<usize>),
    /// This, which the frame does not tell.
    Of(Box<str>),
}

impl Message {
    /// An envelope: in `frame`, which is final and not masked, the event's name lies at `name`
    /// and its payload at `payload`, both JSON.
    pub(crate) fn event(frame: Bytes, name: Range<usize>, payload: Range<usize>) -> Self {
        Self {
            payload: Some(payload),
            ..Self::new(frame.into(), Kind::Event, Name::At(name))
        }
    }

    /// An event as one client's codec writes it.
    pub(crate) fn event_for_one(frame: impl Into<Frame>, name: &str) -> Self {
        Self::new(frame.into(), Kind::Event, Name::Of(name.into()))
    }

    /// Bytes that have no name. They are not copied if they are large.
    pub(crate) fn binary(bytes: Bytes) -> Self {
        Self::unnamed(Frame::new(OpCode::Binary, bytes))
    }

    /// The same in their frame.
    pub(crate) fn unnamed(frame: Frame) -> Self {
        Self::new(frame, Kind::Event, Name::At(0..0))
    }

    /// An answer, a ping, a pong or a close frame.
    pub(crate) fn kept(frame: impl Into<Frame>) -> Self {
        Self::new(frame.into(), Kind::Kept, Name::At(0..0))
    }

    fn new(frame: Frame, kind: Kind, name: Name) -> Self {
        Self {
            frame,
            raw: OnceLock::new(),
            payload: None,
            kind,
            name,
            rooms: 0,
            deflated: OnceLock::new(),
            forms: OnceLock::new(),
        }
    }

    /// For those only who are not behind.
    pub(crate) fn volatile(mut self) -> Self {
        self.kind = Kind::Volatile;
        self
    }

    /// Sent to these rooms, or to others that can be told from them by their hash.
    pub(super) fn sent_to(mut self, rooms: &(impl Hash + ?Sized)) -> Arc<Self> {
        // Keyed, because clients often choose the names of rooms: nobody can find two that
        // are taken for one.
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        self.rooms = KEYS.hash_one(rooms);
        if let Some(forms) = self.forms.get_mut() {
            forms.sent_to(self.rooms);
        }
        Arc::new(self)
    }

    /// The same for one of its forms.
    pub(super) fn set_rooms(&mut self, rooms: u64) {
        self.rooms = rooms;
    }

    /// What goes on the wire to a client that speaks envelopes.
    pub(super) fn envelope(&self) -> &Frame {
        &self.frame
    }

    /// What goes on the wire to a client that speaks `codec`.
    pub(super) fn frame(&self, codec: Spoken) -> &Frame {
        match codec {
            // One of the app's own is handed a message whose frame is its own.
            Spoken::Envelope | Spoken::Custom(_) => &self.frame,
            _ => self.frame_without_envelope(codec),
        }
    }

    // Apart, or what each message needs would grow with what few need.
    #[inline(never)]
    fn frame_without_envelope(&self, codec: Spoken) -> &Frame {
        match &self.payload {
            None => &self.frame,
            Some(_) if codec == Spoken::Typed => self.typed(),
            Some(payload) => self.raw.get_or_init(|| {
                let payload = self.frame.part_of_head(payload.clone());
                Frame::new(OpCode::Text, text::of_json(payload))
            }),
        }
    }

    /// The same as one compressed frame that refers to nothing else, for clients that speak
    /// `codec`: compressed once, for all who take it. None if that is no shorter.
    pub(super) fn deflated(&self, codec: Spoken) -> Option<&Arc<Self>> {
        let deflated = match (codec, &self.payload) {
            (Spoken::Raw | Spoken::Auto | Spoken::Typed, Some(_)) => self.deflated_form(codec),
            _ => &self.deflated,
        };
        let compress = || {
            let (opcode, payload) = self.frame(codec).open();
            let frame = deflate::frame_alone(opcode, payload)?;
            Some(self.in_form(frame.into()))
        };
        deflated.get_or_init(compress).as_ref()
    }

    /// The same message, of which this is the only frame.
    pub(super) fn in_form(&self, frame: Frame) -> Arc<Self> {
        let name = String::from_utf8_lossy(self.event_name());
        let name = Name::Of(name.into());
        let rooms = self.rooms;
        Arc::new(Self {
            rooms,
            ..Self::new(frame, self.kind, name)
        })
    }

    pub(super) fn forms(&self) -> &Forms {
        self.forms.get_or_init(Box::default)
    }

    /// Whether it is an event that each codec writes its own way.
    pub(super) fn has_payload(&self) -> bool {
        self.payload.is_some()
    }

    /// An event's name and its payload, both JSON.
    pub(super) fn event_and_payload(&self) -> (&[u8], &[u8]) {
        let payload = self.payload.clone().unwrap_or_default();
        (self.event_name(), &self.frame.head()[payload])
    }

    /// The same, compressed behind what this compressor had before: it must not be dropped.
    pub(super) fn deflated_by(&self, compressor: &mut Compressor, codec: Spoken) -> Self {
        let (opcode, payload) = self.frame(codec).open();
        Self::kept(compressor.frame(opcode, payload))
    }

    pub(super) fn is_volatile(&self) -> bool {
        self.kind == Kind::Volatile
    }

    pub(super) fn may_be_dropped(&self) -> bool {
        self.kind != Kind::Kept
    }

    /// Whether this one makes `older` out of date: the same event to the same rooms.
    pub(super) fn replaces(&self, older: &Self) -> bool {
        let may = self.may_be_dropped() && older.may_be_dropped();
        may && self.rooms == older.rooms && self.event_name() == older.event_name()
    }

    fn event_name(&self) -> &[u8] {
        match &self.name {
            Name::At(place) => &self.frame.head()[place.clone()],
            Name::Of(name) => name.as_bytes(),
        }
    }

    #[cfg(test)]
    pub(crate) fn into_frame(self) -> Frame {
        self.frame
    }
}
