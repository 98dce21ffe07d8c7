//! How a route makes the data of those it lets in.

use super::{Admits, Data, Refusal, Request};
use crate::auth::Claims;
use crate::error::Result;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type ReadClaims = dyn Fn(Option<&Claims>) -> Result<Data, Refusal> + Send + Sync;
type Admitting = Pin<Box<dyn Future<Output = Result<Data>> + Send>>;

/// How a route makes a connection's data.
#[derive(Clone)]
pub(crate) enum Admission {
    /// Everybody comes in; the data is `()`.
    Open,
    /// The data is read from a valid token's claims.
    Token(Arc<ReadClaims>),
    /// The same, and none for who brings no token.
    OptionalToken(Arc<ReadClaims>),
    /// The app makes the data, or refuses.
    Own(Arc<dyn Fn(Request) -> Admitting + Send + Sync>),
}

impl Admission {
    pub(crate) fn token<U: DeserializeOwned + Send + Sync + 'static>() -> Self {
        Self::Token(Arc::new(|claims| {
            let claims = claims.ok_or_else(Refusal::unauthorized)?;
            Ok(Box::new(user::<U>(claims)?))
        }))
    }

    pub(crate) fn optional_token<U: DeserializeOwned + Send + Sync + 'static>() -> Self {
        Self::OptionalToken(Arc::new(|claims| {
            Ok(Box::new(claims.map(user::<U>).transpose()?))
        }))
    }

    pub(crate) fn own<D, A, Fut>(admit: A) -> Self
    where
        D: Send + Sync + 'static,
        A: FnOnce(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output: Admits<D>> + Send + 'static,
    {
        Self::Own(Arc::new(move |request| {
            let admitted = admit.clone()(request);
            Box::pin(async move { Ok(Box::new(admitted.await.into_data()?) as Data) })
        }))
    }

    /// Whether nobody comes in without a valid token.
    pub(crate) fn needs_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Whether a token that is brought is looked at, so that a bad one is refused.
    pub(crate) fn reads_token(&self) -> bool {
        matches!(self, Self::Token(_) | Self::OptionalToken(_))
    }

    /// Makes the data of a connection.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] as an error, or what the app's own admitter came to.
    pub(crate) async fn admit(&self, request: &Request) -> Result<Data> {
        match self {
            Self::Open => Ok(Box::new(())),
            Self::Token(read) | Self::OptionalToken(read) => Ok(read(request.token_claims())?),
            Self::Own(admit) => admit(request.clone()).await,
        }
    }
}

fn user<U: DeserializeOwned>(claims: &Claims) -> Result<U, Refusal> {
    claims.read().map_err(|error| {
        // The sentence names a claim, never the token.
        tracing::debug!("a valid token's claims have another shape: {error}");
        Refusal::unauthorized()
    })
}
