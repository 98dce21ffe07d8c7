//! Decides about those who come in: their token, what looks at them on the way, and the
//! route's own word.

use super::front::{Entrance, Front};
use crate::admit::{Admitted, Asked, Identity, Refusal, Request};
use crate::auth::{Carried, Claims};
use crate::close::code;
use crate::error::{Error, Result};
use crate::panic::caught;
use std::future::Future;
use tokio::time::timeout;

/// What a client asks for, and what it shows for it.
pub(super) struct Knock {
    pub(super) asked: Asked,
    pub(super) token: Option<Carried>,
}

impl Front {
    /// Lets a client in, or not, within the time that a stranger has.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(super) async fn admit(
        &self,
        entrance: &Entrance,
        knock: Knock,
    ) -> Result<Admitted, Refusal> {
        let admitting = self.pass(entrance, knock);
        match self.config().auth_timeout {
            None => admitting.await,
            Some(patience) => timeout(patience, admitting).await.unwrap_or_else(|_| {
                tracing::warn!(route = entrance.table.path, "admission took too long");
                Err(Refusal::new(code::SILENT, "admission took too long"))
            }),
        }
    }

    async fn pass(&self, entrance: &Entrance, knock: Knock) -> Result<Admitted, Refusal> {
        let table = &entrance.table;
        let claims = self.claims(entrance, knock.token.as_ref()).await?;
        let token_ends = claims.as_ref().map(Claims::ends);
        let request = Request::new(knock.asked, claims, self.manager.clone());
        for gate in entrance.gates.iter() {
            let rejected = |text: &str| Refusal::new(code::REJECTED, text);
            decided(entrance, rejected, async { gate(request.clone()).await }).await?;
        }
        let unauthorized = |text: &str| Refusal::new(table.unauthorized(self.config()), text);
        let data = decided(entrance, unauthorized, table.admission.admit(&request)).await?;
        let known = request.take_known();
        let identity = Identity::new(known.user, token_ends);
        Ok(Admitted::new(data, identity, known.values))
    }

    /// The claims of the token that a client brought, if any.
    async fn claims(
        &self,
        entrance: &Entrance,
        carried: Option<&Carried>,
    ) -> Result<Option<Claims>, Refusal> {
        let (table, config) = (&entrance.table, self.config());
        let verifier = self.manager.verifier().filter(|_| config.auth_enabled);
        let claims = match carried.zip(verifier) {
            None => None,
            Some((carried, verifier)) => match verifier.verify(&carried.token).await {
                Ok(claims) => Some(claims),
                Err(why) => {
                    tracing::debug!(route = table.path, "token refused: {why}");
                    // Elsewhere it may be somebody else's token, for a proxy in front, say.
                    if table.reads_token(config) {
                        return Err(Refusal::unauthorized());
                    }
                    None
                }
            },
        };
        if claims.is_none() && table.needs_token(config) {
            return Err(Refusal::unauthorized());
        }
        Ok(claims)
    }
}

/// What the app's own code decides; `of_text` makes a refusal of its words.
async fn decided<T>(
    entrance: &Entrance,
    of_text: impl FnOnce(&str) -> Refusal,
    deciding: impl Future<Output = Result<T>>,
) -> Result<T, Refusal> {
    let decided = caught(deciding).await;
    decided
        .unwrap_or_else(|panic| Err(Error::from(panic)))
        .map_err(|error| {
            if Refusal::of(&error).is_none() && error.is_internal() {
                let route = entrance.table.path.as_str();
                tracing::error!(route, "admission failed: {error}");
            }
            Refusal::by(&error, of_text)
        })
}
