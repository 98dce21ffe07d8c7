//! A client goes on with another token: `{"event":"orcs:auth","payload":{"token":".."}}`.

use super::Content;
use super::handler::{Answer, Begun};
use crate::client::Session;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The event that carries a new token.
pub(super) const EVENT: &str = "orcs:auth";

#[derive(Deserialize)]
struct Renewal {
    token: String,
}

/// Answered when the client asked with an `id`: how many seconds the new token is good for.
#[derive(Serialize)]
struct Renewed {
    exp: u64,
}

pub(super) fn renew(session: &Arc<Session>, content: Content<'_>) -> Begun {
    let Renewal { token } = content.decode()?;
    let session = Arc::clone(session);
    Ok(Box::pin(async move {
        let tally = session.manager().hub().tally();
        let renewed = renewed(&session, &token).await;
        renewed.inspect_err(|_| tally.renewals_refused.add_one())
    }))
}

async fn renewed(session: &Session, token: &str) -> Answer {
    let not_valid = || Error::new("unauthorized", "the token is not valid");
    let verifier = session.manager().verifier().ok_or_else(not_valid)?;
    let claims = verifier.verify(token).await.map_err(|why| {
        tracing::debug!(client = %session.id(), "token refused: {why}");
        not_valid()
    })?;
    let identity = session
        .identity()
        .filter(|identity| identity.has_token())
        .ok_or_else(|| Error::new("forbidden", "this connection came without a token"))?;
    let Some(first) = &identity.token_user else {
        let why = "the first token named no user, so none can follow it";
        return Err(Error::new("forbidden", why));
    };
    if claims.user().as_ref() != Some(first) {
        return Err(Error::new("forbidden", "the token is of another user"));
    }
    identity.renew(claims.ends());
    let exp = claims.left().as_secs();
    Ok(Some(serde_json::to_vec(&Renewed { exp })?.into()))
}
