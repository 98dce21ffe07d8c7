//! Who may come in: what a connection's data is made of, or why it is refused.

use crate::auth::Claims;
use crate::close::code;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::sync::Arc;

/// Each connection's data, whatever its type.
pub(crate) type Data = Box<dyn Any + Send + Sync>;

type ReadClaims = dyn Fn(&Claims) -> Result<Data, Refusal> + Send + Sync;

/// How a route makes a connection's data.
#[derive(Clone)]
pub(crate) enum Admission {
    /// Everybody comes in; the data is `()`.
    Open,
    /// The data is read from a valid token's claims.
    Token(Arc<ReadClaims>),
}

impl Admission {
    pub(crate) fn open() -> Self {
        Self::Open
    }

    pub(crate) fn token<U: DeserializeOwned + Send + Sync + 'static>() -> Self {
        Self::Token(Arc::new(|claims| match claims.read::<U>() {
            Ok(user) => Ok(Box::new(user)),
            Err(error) => {
                // The sentence names a claim, never the token.
                tracing::debug!("a valid token's claims have another shape: {error}");
                Err(Refusal::unauthorized())
            }
        }))
    }

    pub(crate) fn needs_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Makes the data of a connection that brought these claims, or none.
    pub(crate) fn admit(&self, claims: Option<&Claims>) -> Result<Data, Refusal> {
        match self {
            Self::Open => Ok(Box::new(())),
            Self::Token(read) => read(claims.ok_or_else(Refusal::unauthorized)?),
        }
    }
}

/// Why a connection is not let in: it is accepted, and closed with this code and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn unauthorized() -> Self {
        Self {
            code: code::UNAUTHORIZED,
            reason: "Unauthorized".to_owned(),
        }
    }
}
