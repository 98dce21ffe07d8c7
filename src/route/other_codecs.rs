//! Messages of clients that speak neither envelopes nor text alone.

use super::{Content, Running, Said};
use crate::client::Session;
use crate::codec::{Incoming, Message, RawValue, Spoken, typed};
use crate::envelope::{self, Envelope, Malformed};
use std::sync::Arc;

impl Running {
    /// Begins the handler of an object that names its event.
    pub(super) fn object(session: &Arc<Session>, text: &str) -> Result<Option<Self>, Malformed> {
        let typed::Object { event, id } =
            typed::Object::parse(text).inspect_err(|Malformed| Self::malformed(session))?;
        let content = Content::Object(text.into());
        Ok(Self::named(session, &event, content, id))
    }

    /// Begins the handler of what a codec of the app's own can read.
    pub(super) fn custom(
        session: &Arc<Session>,
        said: Said<'_>,
    ) -> Result<Option<Self>, Malformed> {
        let said = match said {
            Said::Binary(bytes) if session.table().has_binary_handler() => {
                return Ok(Self::binary(session, bytes));
            }
            said => said,
        };
        let Incoming { event, payload, id } =
            decoded(session, &said).inspect_err(|Malformed| Self::malformed(session))?;
        let content = Content::Json(payload.get().into());
        Ok(Self::named(session, &event, content, id.as_deref()))
    }
}

/// The `id` of a message that asks for an answer, which it does not get from a handler.
pub(crate) fn id_of(session: &Session, said: &Said<'_>) -> Option<Box<RawValue>> {
    let id = match session.codec() {
        Spoken::Envelope => Envelope::parse(said.text()?).ok()?.id,
        Spoken::Typed => typed::Object::parse(said.text()?).ok()?.id,
        // Those of the app's handler for bytes the codec never sees.
        Spoken::Custom(_) if said.text().is_none() && session.table().has_binary_handler() => None,
        Spoken::Custom(_) => return decoded(session, said).ok()?.id,
        Spoken::Raw | Spoken::Auto => None,
    };
    id.map(ToOwned::to_owned)
}

fn decoded(session: &Session, said: &Said<'_>) -> Result<Incoming, Malformed> {
    let message = match said {
        Said::Text(text) => Message::Text(text),
        Said::Line(line) => Message::Text(line),
        Said::Binary(bytes) => Message::Binary(bytes),
        Said::Ping(_) | Said::Pong(_) => return Err(Malformed),
    };
    let custom = session.custom().ok_or(Malformed)?;
    let incoming = custom.decode(message).map_err(|cause| {
        let (client, codec) = (session.id(), custom.name());
        tracing::debug!(%client, codec, "a bad frame: {cause}");
        Malformed
    })?;
    envelope::check(&incoming.event, incoming.id.as_deref())?;
    Ok(incoming)
}
