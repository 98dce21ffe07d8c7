//! What a handshake agrees on beyond RFC 6455: permessage-deflate (RFC 7692, 7.1).

mod offers;
#[cfg(test)]
mod tests;

use super::handshake::Refused;
use crate::compression::{MAX_WINDOW_BITS, MIN_WINDOW_BITS};
use offers::Offer;
use std::fmt;

/// What a route grants to clients that offer permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Whether either side may refer to what it sent in earlier messages.
    pub(crate) context_takeover: bool,
    /// The largest window of either side: 9 to 15 bits.
    pub(crate) window_bits: u8,
}

/// What a connection has agreed on. `Display` is the answer's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// Whether what we compress may refer to what we sent in earlier messages.
    pub(crate) server_keeps_context: bool,
    /// Whether what the client compresses may refer to what it sent in earlier messages.
    pub(crate) client_keeps_context: bool,
    /// How far back what we compress may refer: 9 to 15 bits.
    pub(crate) server_window_bits: u8,
    /// Whether the answer says so: only where it is not the default.
    names_server_window: bool,
    /// The window that the client must keep to, where we set one.
    client_window_bits: Option<u8>,
}

/// Finds the first offer of `Sec-WebSocket-Extensions` that a `grant` can meet.
///
/// `values` are the header's lines as they came. `None`: there is none, and the
/// connection goes without; without a grant it always does. By default both sides
/// start each message anew: RFC 7692, 7.1.1 lets a server impose that unasked, and
/// only so is a compressed message the same for all its receivers.
///
/// # Errors
///
/// [`Refused::BadRequest`] for what is no list of extensions, which must end a
/// handshake whatever we support (RFC 6455, 9.1), and for more than 16 of them.
pub(crate) fn negotiate(
    values: &[&[u8]],
    grant: Option<&Grant>,
) -> Result<Option<Agreed>, Refused> {
    let offers = offers::read(values)?;
    Ok(grant.and_then(|grant| offers.iter().find_map(|offer| agree(offer, grant))))
}

fn agree(offer: &Offer, grant: &Grant) -> Option<Agreed> {
    let asked = offer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
    // zlib's raw deflate has no window of 8 bits, and more than was asked for must not
    // be used (RFC 7692, 7.1.2.1): such an offer cannot be met.
    if asked < MIN_WINDOW_BITS {
        return None;
    }
    let is_narrow = grant.window_bits < MAX_WINDOW_BITS;
    Some(Agreed {
        server_keeps_context: grant.context_takeover && !offer.server_no_context_takeover,
        client_keeps_context: grant.context_takeover && !offer.client_no_context_takeover,
        server_window_bits: asked.min(grant.window_bits),
        names_server_window: offer.server_max_window_bits.is_some() || is_narrow,
        // Only to a client that has said it knows this parameter (RFC 7692, 7.1.2.2).
        client_window_bits: offer
            .client_max_window_bits
            .filter(|_| is_narrow)
            .map(|hint| hint.min(grant.window_bits)),
    })
}

impl fmt::Display for Agreed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(offers::NAME)?;
        if !self.server_keeps_context {
            write!(f, "; {}", offers::SERVER_NO_CONTEXT_TAKEOVER)?;
        }
        if !self.client_keeps_context {
            write!(f, "; {}", offers::CLIENT_NO_CONTEXT_TAKEOVER)?;
        }
        if self.names_server_window {
            let (name, bits) = (offers::SERVER_MAX_WINDOW_BITS, self.server_window_bits);
            write!(f, "; {name}={bits}")?;
        }
        if let Some(bits) = self.client_window_bits {
            write!(f, "; {}={bits}", offers::CLIENT_MAX_WINDOW_BITS)?;
        }
        Ok(())
    }
}
