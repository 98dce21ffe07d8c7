//! Why somebody is not let in.

use crate::close::code;
use crate::error::{Error, INTERNAL};
use std::fmt;

/// Why a connection is not let in, or an event is not let through.
///
/// By default the connection is accepted and then closed with this code and reason, so that a
/// browser can read them; with [`Reject::Http`](crate::Reject::Http) the handshake is answered
/// by an HTTP status instead. Source: universal-api `authenticate`, CandyPack middleware.
///
/// ```
/// use orcs::prelude::*;
///
/// let game = ws("/ws/game").admit(async |request| {
///     match request.query("invite") {
///         Some(invite) if invite == "open-sesame" => Ok(invite),
///         _ => Err(Refusal::new(4100, "no invitation").into()),
///     }
/// });
/// # let _ = game;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    kind: Kind,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With the code that the settings have for it.
    Unauthorized,
    Code(u16),
}

impl Refusal {
    /// Refuses with a close code of one's own: 4000 to 4999.
    ///
    /// A code that must not be sent (RFC 6455, 7.4) is sent as 1000, a reason is cut to 123 bytes.
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self {
            kind: Kind::Code(code),
            reason: reason.into(),
        }
    }

    /// Who is it? 4401 `Unauthorized`, or what `WS_CLOSE_UNAUTHORIZED` or the route's
    /// [`Profile`](crate::Profile) says instead. Source: ORCS.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self {
            kind: Kind::Unauthorized,
            reason: "Unauthorized".to_owned(),
        }
    }

    /// Known, but not allowed: 4003 `Forbidden`. Source: CandyPack.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(code::FORBIDDEN, "Forbidden")
    }

    /// Nothing is where the path leads: 4404, HTTP 404.
    pub(crate) fn not_found(reason: impl Into<String>) -> Self {
        Self::new(code::NOT_FOUND, reason)
    }

    /// Why, in words.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The close code, where unauthorized clients are closed with `unauthorized`.
    pub(crate) fn code(&self, unauthorized: u16) -> u16 {
        match self.kind {
            Kind::Unauthorized => unauthorized,
            Kind::Code(code) => code,
        }
    }

    /// The HTTP status that says the same.
    pub(crate) fn status(&self) -> u16 {
        match self.code(code::UNAUTHORIZED) {
            code::UNAUTHORIZED | code::UNAUTHORIZED_CANDY => 401,
            code::NOT_FOUND => 404,
            code::TOO_MANY => 429,
            code::INTERNAL => 500,
            code::TRY_AGAIN_LATER | code::SILENT => 503,
            _ => 403,
        }
    }

    /// The refusal that an error is.
    pub(crate) fn of(error: &Error) -> Option<&Self> {
        error.source().downcast_ref()
    }

    /// What an error of an admitter or a middleware means: its refusal, what `of_text` makes
    /// of its text, or nothing of the peer's business.
    pub(crate) fn by(error: &Error, of_text: impl FnOnce(&str) -> Self) -> Self {
        match Self::of(error) {
            Some(refusal) => refusal.clone(),
            None if error.is_internal() => Self::new(code::INTERNAL, INTERNAL),
            None => of_text(error.public()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}
