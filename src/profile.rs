//! The close codes of the systems whose clients a route serves.

use crate::close::code;

/// Whose close codes a route uses, so that the clients of another system find their own.
///
/// Said per route with [`Route::profile`](crate::Route::profile).
///
/// | | unauthorized | too many messages |
/// | --- | --- | --- |
/// | `Orcs` | `WS_CLOSE_UNAUTHORIZED`, by default 4401 | 4429 |
/// | `Candy` | 4001 | 1008 |
/// | `OpenSpeed` | as `Orcs` | 1013 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Those of orcs.
    #[default]
    Orcs,
    /// CandyPack's and ODAC's.
    Candy,
    /// OpenSpeed's.
    OpenSpeed,
}

impl Profile {
    /// The code for who brings no valid token, where the settings say `configured`.
    pub(crate) fn unauthorized(self, configured: u16) -> u16 {
        match self {
            Self::Candy => code::UNAUTHORIZED_CANDY,
            Self::Orcs | Self::OpenSpeed => configured,
        }
    }

    /// The code for who sends too much.
    pub(crate) fn too_many_messages(self) -> u16 {
        match self {
            Self::Orcs => code::TOO_MANY,
            Self::Candy => code::POLICY,
            Self::OpenSpeed => code::TRY_AGAIN_LATER,
        }
    }
}
