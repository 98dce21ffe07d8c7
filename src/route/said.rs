//! A message from a client, on its way to a handler.

use crate::codec::exact;
use crate::copy;
use bytes::Bytes;
use std::borrow::Cow;

/// What a client said: lent from where it was read, or in memory of its own.
#[derive(Debug)]
pub(crate) enum Said<'m> {
    Text(Cow<'m, str>),
    /// A text that was seen to have no control characters.
    Line(&'m str),
    Binary(Cow<'m, [u8]>),
    Ping(Cow<'m, [u8]>),
    Pong(Cow<'m, [u8]>),
}

impl Said<'_> {
    /// The same, to be kept: it borrows nothing and owns no more than its length.
    pub(crate) fn kept(self) -> Said<'static> {
        match self {
            Self::Text(text) => {
                let mut text = into_text(text);
                text.shrink_to_fit();
                Said::Text(text.into())
            }
            Self::Line(line) => Said::Text(line.into()).kept(),
            Self::Binary(bytes) => Said::Binary(kept_bytes(bytes)),
            Self::Ping(payload) => Said::Ping(kept_bytes(payload)),
            Self::Pong(payload) => Said::Pong(kept_bytes(payload)),
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Line(text) => Some(text),
            Self::Binary(_) | Self::Ping(_) | Self::Pong(_) => None,
        }
    }

    /// Whether it is no message, but a frame of the connection's own.
    pub(crate) fn is_control(&self) -> bool {
        matches!(self, Self::Ping(_) | Self::Pong(_))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Line(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
        }
    }
}

/// The bytes for a handler: copied once, or not at all.
pub(super) fn into_bytes(bytes: Cow<'_, [u8]>) -> Bytes {
    exact(owned_bytes(bytes))
}

/// The text for a handler: copied once, or not at all.
pub(super) fn into_text(text: Cow<'_, str>) -> String {
    match text {
        Cow::Borrowed(lent) => {
            let mut text = String::new();
            copy::append_text(&mut text, lent);
            text
        }
        Cow::Owned(text) => text,
    }
}

fn kept_bytes(bytes: Cow<'_, [u8]>) -> Cow<'static, [u8]> {
    let mut bytes = owned_bytes(bytes);
    bytes.shrink_to_fit();
    bytes.into()
}

fn owned_bytes(bytes: Cow<'_, [u8]>) -> Vec<u8> {
    match bytes {
        Cow::Borrowed(lent) => {
            let mut bytes = Vec::new();
            copy::append(&mut bytes, lent);
            bytes
        }
        Cow::Owned(bytes) => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owned_is_not_copied() {
        let text = "x".repeat(5000);
        let bytes = text.clone().into_bytes();
        let (text_at, bytes_at) = (text.as_ptr(), bytes.as_ptr());
        let Said::Text(text) = Said::Text(text.into()).kept() else {
            panic!("a text stays one");
        };
        assert_eq!(text.as_ptr(), text_at);
        let Said::Binary(bytes) = Said::Binary(bytes.into()).kept() else {
            panic!("bytes stay bytes");
        };
        assert_eq!(into_bytes(bytes).as_ptr(), bytes_at);
    }

    #[test]
    fn what_waits_owns_no_more_than_its_length() {
        let mut text = String::with_capacity(5000);
        text.push('x');
        let bytes = text.clone().into_bytes();
        for said in [Said::Text("x".into()), Said::Text(text.into())] {
            let Said::Text(Cow::Owned(text)) = said.kept() else {
                panic!("it borrows");
            };
            assert_eq!((text.as_str(), text.capacity()), ("x", 1));
        }
        for said in [Said::Binary(b"x"[..].into()), Said::Binary(bytes.into())] {
            let Said::Binary(Cow::Owned(bytes)) = said.kept() else {
                panic!("it borrows");
            };
            assert_eq!((bytes.as_slice(), bytes.capacity()), (&b"x"[..], 1));
        }
    }
}
