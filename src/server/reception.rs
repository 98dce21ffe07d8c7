//! Decides about those who come in: their token, what looks at them on the way, and the
//! route's own word.

use super::front::{Entrance, Front};
use crate::admit::{Admitted, Asked, Identity, Refusal, Remembered, Request};
use crate::auth::{Carried, Claims};
use crate::close::code;
use crate::csrf;
use crate::error::{Error, Result};
use crate::panic::caught;
use crate::turn_holder::TurnHolder;
use http::header::{COOKIE, HeaderValue};
use std::future::Future;
use std::time::Instant;
use tokio::time::timeout;

/// What a client asks for, and what it shows for it.
pub(super) struct Knock {
    pub(super) asked: Asked,
    pub(super) token: Option<Carried>,
    pub(super) csrf_token: Option<String>,
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
        // Nobody has an id before it is let in.
        let admitting = TurnHolder::of_route(&entrance.table).over(self.pass(entrance, knock));
        match entrance.table.limits().auth_timeout {
            None => admitting.await,
            Some(patience) => timeout(patience, admitting).await.unwrap_or_else(|_| {
                self.manager.hub().tally().admission_timeouts.add_one();
                tracing::warn!(route = entrance.table.path, "admission took too long");
                Err(Refusal::new(code::SILENT, "admission took too long"))
            }),
        }
    }

    async fn pass(&self, entrance: &Entrance, knock: Knock) -> Result<Admitted, Refusal> {
        let table = &entrance.table;
        let tally = self.manager.hub().tally();
        let claims = self.claims(entrance, knock.token.as_ref()).await;
        let claims = claims.inspect_err(|_| tally.unauthorized.add_one())?;
        let is_known_by_cookie =
            claims.is_some() && knock.token.as_ref().is_some_and(|token| token.by_cookie);
        if table.asks_for_csrf(is_known_by_cookie) {
            self.check_csrf(&knock)
                .inspect_err(|_| tally.csrf_refused.add_one())?;
        }
        let token = (claims.as_ref()).map(|claims| (claims.user(), claims.ends()));
        let shown = knock.token.filter(|carried| !carried.by_cookie);
        let asked = Asked {
            token: shown.map(|carried| carried.token),
            ..knock.asked
        };
        let request = Request::new(asked, claims, self.manager.clone());
        for gate in entrance.gates.iter() {
            let rejected = |text: &str| Refusal::new(code::REJECTED, text);
            let gate = async { gate(request.clone()).await };
            self.decided(entrance, rejected, gate).await?;
        }
        let unauthorized = |text: &str| Refusal::new(table.limits().unauthorized_code, text);
        let admit = table.admission.admit(&request);
        let data = self.decided(entrance, unauthorized, admit).await?;
        let known = request.take_known();
        let bucket = (known.user.as_ref()).and_then(|user| table.limits().bucket_of(user));
        let identity = Identity::new(known.user, bucket, token);
        let remembered = Remembered::of(&request, &table.path, table.kept_headers());
        Ok(Admitted::new(data, identity, known.values).keeping(remembered))
    }

    /// Uses up the CSRF token that a page of ours fetched.
    fn check_csrf(&self, knock: &Knock) -> Result<(), Refusal> {
        let refusal = |why: String| Refusal::new(code::CSRF, why);
        let csrf = self.manager.csrf();
        let csrf = csrf.ok_or_else(|| refusal(csrf::Refused::Invalid.to_string()))?;
        let cookies = knock.asked.headers.get_all(COOKIE).iter();
        let cookies: Vec<_> = cookies.map(HeaderValue::as_bytes).collect();
        let (is_secure, token) = (knock.asked.is_secure, knock.csrf_token.as_deref());
        csrf.check(&cookies, is_secure, token, Instant::now())
            .map_err(|why| refusal(why.to_string()))
    }

    /// The claims of the token that a client brought, if any.
    async fn claims(
        &self,
        entrance: &Entrance,
        carried: Option<&Carried>,
    ) -> Result<Option<Claims>, Refusal> {
        let (table, config) = (&entrance.table, self.config());
        // An open route would know somebody by a cookie that any page could make him send.
        let carried = carried.filter(|carried| !carried.by_cookie || !table.is_open(config));
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

    /// What the app's own code decides; `of_text` makes a refusal of its words.
    async fn decided<T>(
        &self,
        entrance: &Entrance,
        of_text: impl FnOnce(&str) -> Refusal,
        deciding: impl Future<Output = Result<T>>,
    ) -> Result<T, Refusal> {
        let decided = caught(deciding).await;
        let decided = decided.unwrap_or_else(|panic| Err(Error::from(panic)));
        decided.map_err(|error| {
            let tally = self.manager.hub().tally();
            match Refusal::of(&error) {
                Some(refusal) if *refusal == Refusal::unauthorized() => {
                    tally.unauthorized.add_one();
                }
                None if error.is_internal() => {
                    tally.admissions_failed.add_one();
                    let route = entrance.table.path.as_str();
                    tracing::error!(route, "admission failed: {error}");
                }
                _ => tally.admissions_refused.add_one(),
            }
            Refusal::by(&error, of_text)
        })
    }
}
