//! How one client takes messages that others get too, where that is not as they are.

use super::Message;
use super::deflation::Shared;
use crate::codec::Spoken;
use std::sync::Arc;

/// What stands between a message for many and one client's outbox. Most clients have none.
#[derive(Debug, Default)]
pub(super) struct Form {
    shared: Option<Shared>,
}

impl Form {
    /// That of a client who speaks `codec`, if it needs one.
    pub(super) fn for_codec(codec: Spoken) -> Option<Box<Self>> {
        matches!(codec, Spoken::Custom(_)).then(Box::default)
    }

    pub(super) fn compressed(form: Option<Box<Self>>, shared: Option<Shared>) -> Option<Box<Self>> {
        match shared {
            None => form,
            shared => Some(Box::new(Self { shared })),
        }
    }

    /// The message as this client takes it. None if its codec cannot say it.
    pub(super) fn of<'m>(
        &self,
        message: &'m Arc<Message>,
        codec: Spoken,
    ) -> Option<&'m Arc<Message>> {
        let message = match codec {
            Spoken::Custom(number) => message.custom(number)?,
            _ => message,
        };
        Some(match &self.shared {
            Some(shared) => shared.of(message, codec),
            None => message,
        })
    }

    /// Compresses the frame at the end of `replies`, which begins at `start`, if the client
    /// takes it so.
    pub(super) fn compress(&self, replies: &mut Vec<u8>, start: usize) {
        if let Some(shared) = &self.shared {
            shared.compress(replies, start);
        }
    }
}
