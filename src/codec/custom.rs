//! A codec of the app's own: its code, called with care.

use super::{Auto, Codec, Encoded, Envelope, Incoming, Message, Outgoing, Raw, Spoken, Typed};
use crate::error::{Result, catch};
use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::Arc;

/// What a route was told to speak.
#[derive(Clone, Debug)]
pub(crate) enum Speech {
    BuiltIn(Spoken),
    Own(Custom),
}

impl Speech {
    pub(crate) fn of<C: Codec>(codec: C) -> Self {
        let built_in = [
            (TypeId::of::<Envelope>(), Spoken::Envelope),
            (TypeId::of::<Raw>(), Spoken::Raw),
            (TypeId::of::<Typed>(), Spoken::Typed),
            (TypeId::of::<Auto>(), Spoken::Auto),
        ];
        let found = (built_in.into_iter()).find(|(known, _)| *known == TypeId::of::<C>());
        match found {
            Some((_, kind)) => Self::BuiltIn(kind),
            None => Self::Own(Custom::new(codec)),
        }
    }
}

/// A codec of the app's own.
#[derive(Clone)]
pub(crate) struct Custom {
    codec: Arc<dyn Codec>,
    /// What it is called in the app's code.
    name: &'static str,
    /// Its type, if it has no fields: then all of that type are one.
    one_of_all: Option<TypeId>,
}

impl Custom {
    pub(crate) fn new<C: Codec>(codec: C) -> Self {
        Self {
            codec: Arc::new(codec),
            name: last_segment(type_name::<C>()),
            one_of_all: (size_of::<C>() == 0).then(TypeId::of::<C>),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether what one encodes the other would too.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.one_of_all.is_some() && self.one_of_all == other.one_of_all
    }

    /// Reads a message; a panic is an error like any other.
    pub(crate) fn decode(&self, message: Message<'_>) -> Result<Incoming> {
        guarded(|| self.codec.decode(message))
    }

    /// Writes a message. `None` if that fails, which is logged.
    pub(crate) fn encode(&self, outgoing: &Outgoing<'_>) -> Option<Encoded> {
        let encoded = guarded(|| self.codec.encode(outgoing));
        let log = |cause: &_| {
            let (event, codec) = (outgoing.event, self.name);
            tracing::error!(event, codec, "the message cannot be encoded: {cause}");
        };
        encoded.inspect_err(log).ok()
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch(call).unwrap_or_else(|panic| Err(panic.into()))
}

/// `Packed` of `app::codecs::Packed<app::Zip>`.
fn last_segment(path: &'static str) -> &'static str {
    let plain = path.split('<').next().unwrap_or(path);
    plain.rsplit("::").next().unwrap_or(plain)
}
