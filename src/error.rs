//! What goes wrong in a handler or at the start, and what the peer may read of it.

mod panic;

pub(crate) use panic::{Panic, catch, text_of};

use std::any::TypeId;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// `Result` with this crate's error; `orcs::Result` alone is `Result<(), orcs::Error>`.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// What went wrong in a handler or at the start.
///
/// Text is meant for the peer: `Err("a message needs a text".into())` reaches it as
/// `{"event":"error","payload":{"message":"a message needs a text","code":"rejected"}}`.
/// Any other error (`?`) is logged with client and event, and the peer reads
/// `{"message":"Internal error","code":"internal"}`.
///
/// It does not implement [`std::error::Error`], so that every error converts into it;
/// its `Debug` reads like its `Display`, so that `main() -> orcs::Result` reads well.
pub struct Error(Box<Inner>);

struct Inner {
    code: &'static str,
    public: Option<String>,
    source: Box<dyn StdError + Send + Sync>,
}

impl Error {
    /// A text for the peer, with a code it can act on (`forbidden`, `not_found`, `conflict`, ..).
    #[must_use]
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Box::new(Inner {
            code,
            public: Some(text.clone()),
            source: text.into(),
        }))
    }

    /// The same text for the peer, with a cause of its own.
    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Box::new(source);
        self
    }

    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What the peer may read.
    #[must_use]
    pub fn public(&self) -> &str {
        self.0.public.as_deref().unwrap_or(INTERNAL)
    }

    /// The cause, for logs.
    #[must_use]
    pub fn source(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0.source
    }

    /// Whether the peer reads only [`INTERNAL`], so that somebody must find the cause in the log.
    pub(crate) fn is_internal(&self) -> bool {
        self.0.public.is_none()
    }
}

/// What becomes an [`Error`] by `?` or `.into()`: a text, or any [`std::error::Error`] that may go
/// from thread to thread.
// Where `?` stands, rustc shows the label and the trait's name, and leaves out the rest.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot become an `orcs::Error`",
    label = "`{Self}` is neither a text nor a `std::error::Error` that is `Send + Sync`",
    note = "for an error of your own write `impl std::fmt::Display` and `impl std::error::Error`, or `#[derive(thiserror::Error)]`",
    note = "a boxed one is `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait ErrorOrText: Into<Box<dyn StdError + Send + Sync>> + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn StdError + Send + Sync>> + 'static> ErrorOrText for E {}

impl<E: ErrorOrText> From<E> for Error {
    fn from(error: E) -> Self {
        let kind = TypeId::of::<E>();
        let is_text = [
            TypeId::of::<&'static str>(),
            TypeId::of::<String>(),
            TypeId::of::<Cow<'static, str>>(),
        ]
        .contains(&kind);
        let source = error.into();
        let public = is_text.then(|| source.to_string());
        Self(Box::new(Inner {
            code: if is_text { "rejected" } else { "internal" },
            public,
            source,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.source)?;
        let mut cause = self.0.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a peer reads of an error that is not its business.
pub(crate) const INTERNAL: &str = "Internal error";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_for_the_peer() {
        let error = Error::from("a message needs a text");
        assert_eq!(
            (error.code(), error.public()),
            ("rejected", "a message needs a text")
        );
        let error = Error::from(format!("no room {}", 7));
        assert_eq!((error.code(), error.public()), ("rejected", "no room 7"));
    }

    #[test]
    fn any_other_error_stays_here() {
        let error = Error::from(std::io::Error::other("password wrong for db-7"));
        assert_eq!(
            (error.code(), error.public()),
            ("internal", "Internal error")
        );
        assert!(error.is_internal());
        assert_eq!(format!("{error:?}"), "password wrong for db-7");
    }
}
