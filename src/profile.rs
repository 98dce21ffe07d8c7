//! The systems whose clients a route serves.

use crate::close::code;
use crate::codec::Spoken;

/// Whose clients a route serves, so that they run unchanged: what they speak, the close codes
/// they know, whom a broadcast reaches, and whether they bring a CSRF token.
///
/// Said per route with [`Route::profile`](crate::Route::profile). What a route says itself
/// counts more, before or behind it. Paths need none: [`ws`](crate::ws) reads those of all these
/// systems on every route.
///
/// | | codec | unauthorized | too many messages | CSRF token | what starts at a client reaches |
/// | --- | --- | --- | --- | --- | --- |
/// | `Orcs` | [`Envelope`](crate::codec::Envelope) | `WS_CLOSE_UNAUTHORIZED`, by default 4401 | 4429 | where a cookie tells who it is | all routes |
/// | `Candy` | [`Auto`](crate::codec::Auto) | 4001 | 1008 | always; `.csrf(false)` turns it off | all routes |
/// | `Universal` | [`Typed`](crate::codec::Typed) | as `Orcs` | as `Orcs` | as `Orcs` | its own route |
/// | `OpenSpeed` | [`Raw`](crate::codec::Raw) | as `Orcs` | 1013 | as `Orcs` | all routes |
///
/// ```
/// use orcs::prelude::*;
///
/// let candy = ws("/chat")
///     .profile(Profile::Candy)
///     .csrf(false)
///     .on("message", async |client, text: String| client.to("all").send("message", &text));
/// let typed = ws("/room").profile(Profile::OpenSpeed).codec(codec::Typed);
/// # let _ = (candy, typed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Those of orcs.
    #[default]
    Orcs,
    /// CandyPack's and ODAC's.
    Candy,
    /// universal-api's (vite-plugin-universal-api).
    Universal,
    /// OpenSpeed's.
    OpenSpeed,
}

impl Profile {
    /// Whether what starts at a client (`broadcast`, `to`) reaches only clients of its route.
    pub(crate) fn is_isolated(self) -> bool {
        match self {
            Self::Universal => true,
            Self::Orcs | Self::Candy | Self::OpenSpeed => false,
        }
    }

    /// What clients speak.
    pub(crate) fn codec(self) -> Spoken {
        match self {
            Self::Orcs => Spoken::Envelope,
            Self::Candy => Spoken::Auto,
            Self::Universal => Spoken::Typed,
            Self::OpenSpeed => Spoken::Raw,
        }
    }

    /// Whether each client brings a token that only a page of the app's own can have.
    pub(crate) fn asks_for_csrf(self) -> bool {
        match self {
            // Its `token` option is true unless a route says otherwise.
            Self::Candy => true,
            Self::Orcs | Self::Universal | Self::OpenSpeed => false,
        }
    }

    /// The code for who brings no valid token, where the settings say `configured`.
    pub(crate) fn unauthorized(self, configured: u16) -> u16 {
        match self {
            Self::Candy => code::UNAUTHORIZED_CANDY,
            Self::Orcs | Self::Universal | Self::OpenSpeed => configured,
        }
    }

    /// The code for who sends too much.
    pub(crate) fn too_many_messages(self) -> u16 {
        match self {
            Self::Orcs | Self::Universal => code::TOO_MANY,
            Self::Candy => code::POLICY,
            Self::OpenSpeed => code::TRY_AGAIN_LATER,
        }
    }
}
