//! The header `Sec-WebSocket-Extensions` as a client writes it (RFC 6455, 9.1).

use crate::compression::MAX_WINDOW_BITS;
use crate::proto::handshake::{Refused, is_token_byte};
use std::borrow::Cow;

/// An offer of permessage-deflate, its parameters checked (RFC 7692, 7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<u8>,
    /// The most the client will use; the maximum where it only says that it knows the
    /// parameter.
    pub(super) client_max_window_bits: Option<u8>,
}

pub(super) const NAME: &str = "permessage-deflate";
pub(super) const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
pub(super) const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
pub(super) const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
pub(super) const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The offers of permessage-deflate, in the client's order of preference.
///
/// Other extensions are left out, and so is an offer with a parameter that is unknown,
/// is there twice or has a wrong value: it must be declined, and the next one be looked
/// at (RFC 7692, 7.1). One pass, whatever the header holds.
///
/// # Errors
///
/// [`Refused::BadRequest`] for what is no list of extensions, and for more than 16.
pub(super) fn read(values: &[&[u8]]) -> Result<Vec<Offer>, Refused> {
    let mut offers = Vec::new();
    let mut seen = 0;
    for value in values {
        let mut header = Header(value);
        while !header.is_over() {
            // A list may have empty items (RFC 9110, 5.6.1.2).
            if header.takes(b',') {
                continue;
            }
            seen += 1;
            if seen > MAX_OFFERS {
                return Err(Refused::BadRequest(
                    "Sec-WebSocket-Extensions offers more than 16",
                ));
            }
            offers.extend(extension(&mut header)?);
            if !header.is_over() && !header.takes(b',') {
                return Err(MALFORMED);
            }
        }
    }
    Ok(offers)
}

/// One item of the list. `None` if it is none that we could accept.
fn extension(header: &mut Header<'_>) -> Result<Option<Offer>, Refused> {
    let mut offer = (header.token()? == NAME.as_bytes()).then(Offer::default);
    while header.takes(b';') {
        let name = header.token()?;
        let value = header.takes(b'=').then(|| header.value()).transpose()?;
        offer = offer.and_then(|offer| offer.with(name, value.as_deref()));
    }
    Ok(offer)
}

impl Offer {
    /// Adds a parameter. `None` for one that declines the offer.
    fn with(mut self, name: &[u8], value: Option<&[u8]>) -> Option<Self> {
        let is_new = match str::from_utf8(name).ok()? {
            SERVER_NO_CONTEXT_TAKEOVER if value.is_none() => {
                !std::mem::replace(&mut self.server_no_context_takeover, true)
            }
            CLIENT_NO_CONTEXT_TAKEOVER if value.is_none() => {
                !std::mem::replace(&mut self.client_no_context_takeover, true)
            }
            SERVER_MAX_WINDOW_BITS => {
                let bits = window_bits(value?)?;
                self.server_max_window_bits.replace(bits).is_none()
            }
            CLIENT_MAX_WINDOW_BITS => {
                let bits = value.map_or(Some(MAX_WINDOW_BITS), window_bits)?;
                self.client_max_window_bits.replace(bits).is_none()
            }
            _ => return None,
        };
        is_new.then_some(self)
    }
}

/// A number from 8 to 15, written without a leading zero (RFC 7692, 7.1.2).
fn window_bits(value: &[u8]) -> Option<u8> {
    match value {
        [digit @ b'8'..=b'9'] => Some(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
        _ => None,
    }
}

/// What is left of a header line. Spaces between its parts mean nothing.
struct Header<'a>(&'a [u8]);

impl<'a> Header<'a> {
    fn is_over(&mut self) -> bool {
        let spaces = self.0.iter().take_while(|byte| b" \t".contains(byte));
        self.0 = &self.0[spaces.count()..];
        self.0.is_empty()
    }

    /// Whether `separator` comes next; then it is behind us.
    fn takes(&mut self, separator: u8) -> bool {
        let takes = !self.is_over() && self.0[0] == separator;
        self.0 = &self.0[usize::from(takes)..];
        takes
    }

    fn token(&mut self) -> Result<&'a [u8], Refused> {
        self.is_over();
        let len = self.0.iter().take_while(|byte| is_token_byte(byte)).count();
        let (token, rest) = self.0.split_at(len);
        self.0 = rest;
        if token.is_empty() {
            return Err(MALFORMED);
        }
        Ok(token)
    }

    /// A token, or one between quotes, where a backslash stands before any character.
    fn value(&mut self) -> Result<Cow<'a, [u8]>, Refused> {
        if !self.takes(b'"') {
            return self.token().map(Cow::Borrowed);
        }
        let mut token = Vec::new();
        loop {
            let (byte, rest) = match self.0 {
                [b'"', rest @ ..] => {
                    self.0 = rest;
                    break;
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (byte, rest),
                [] => return Err(MALFORMED),
            };
            token.push(*byte);
            self.0 = rest;
        }
        // Between quotes too it must be a token (RFC 6455, 9.1).
        if token.is_empty() || !token.iter().all(is_token_byte) {
            return Err(MALFORMED);
        }
        Ok(Cow::Owned(token))
    }
}

const MALFORMED: Refused = Refused::BadRequest(
    "Sec-WebSocket-Extensions is a list like `permessage-deflate; client_max_window_bits=15`",
);

/// More are an attempt to make us work, not a choice.
const MAX_OFFERS: usize = 16;
