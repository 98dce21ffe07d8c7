//! A client's request to come in.

use super::remembered::value_in;
use super::{FromToken, Values, param};
use crate::auth::Claims;
use crate::error::Result;
use crate::lock::lock;
use crate::manager::WebSocketManager;
use crate::path::Params;
use http::HeaderMap;
use std::any::{Any, TypeId};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

/// A client's request to come in, as middleware and `admit` see it. A cheap handle.
///
/// Its token is checked before and is in none of the texts here, but for [`token`](Self::token); a
/// header that carried one is still there for those who ask for it by name.
#[derive(Clone)]
pub struct Request(Arc<Inner>);

struct Inner {
    asked: Asked,
    claims: Option<Claims>,
    manager: WebSocketManager,
    known: Mutex<Known>,
}

/// What a client asks for, and from where.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// Without the token that it may have carried.
    pub(crate) query: String,
    /// That token, if no cookie carried it.
    pub(crate) token: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) address: Option<IpAddr>,
    pub(crate) is_secure: bool,
    /// What the path says for the names in the route's.
    pub(crate) params: Params,
    /// What was agreed on, of what it offered.
    pub(crate) subprotocol: Option<String>,
}

/// What is learnt of a client on its way in.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) user: Option<Arc<str>>,
    pub(crate) values: Values,
}

impl Request {
    pub(crate) fn new(asked: Asked, claims: Option<Claims>, manager: WebSocketManager) -> Self {
        let known = Known {
            user: claims.as_ref().and_then(Claims::user),
            values: Values::new(),
        };
        Self(Arc::new(Inner {
            asked,
            claims,
            manager,
            known: Mutex::new(known),
        }))
    }

    /// The path, as it was sent: `/ws/chat`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.asked.path
    }

    /// A value of the query, decoded: `room` of `?room=caf%C3%A9`. The first one, if several
    /// have this name; never the token.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        value_in(&self.0.asked.query, name)
    }

    /// What the path says for a name in the route's, decoded and read into a type of your own:
    /// `request.param::<u32>("id")?` for `ws("/users/{id}")`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`](crate::Refusal) with 4404 (HTTP 404) for a value that cannot be read. A
    /// name that the route's path does not have is an internal error; the log names those it has.
    #[doc(alias = "params")]
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T> {
        param::read(&self.0.asked.params, name)
    }

    /// The subprotocol that was agreed on, of those that the route speaks
    /// ([`Route::subprotocols`](crate::Route::subprotocols)).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.0.asked.subprotocol.as_deref()
    }

    /// A header, in any case: `request.header("user-agent")`. None if it is not visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.asked.headers.get(name)?.to_str().ok()
    }

    /// The address it comes from: what a trusted proxy says, else the peer's.
    ///
    /// # Panics
    ///
    /// Never for a request that came over a socket.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0
            .asked
            .address
            .expect("a request comes from somewhere")
    }

    /// Whether it came encrypted, as a trusted proxy says.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.asked.is_secure
    }

    /// The claims of its valid token, read into a type of your own; none without a token, or
    /// if they have another shape.
    #[must_use]
    pub fn claims<U: FromToken>(&self) -> Option<U> {
        self.0.claims.as_ref()?.read().ok()
    }

    /// The token that it brought by `?token=`, `Authorization` or the subprotocol `token`, valid
    /// or not: for apps whose tokens are no JWTs.
    ///
    /// None that a cookie carried, because any page can make a browser send that. It is a
    /// secret: keep it out of logs, and compare it in constant time.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// async fn owner_of(key: &str) -> Option<String> {
    ///     // Ask a database here.
    ///     (key.len() == 32).then(|| "ann".to_owned())
    /// }
    ///
    /// let api = ws("/ws/api").admit(async |request| {
    ///     let key = request.token().ok_or_else(Refusal::unauthorized)?;
    ///     let owner = owner_of(key).await.ok_or_else(Refusal::unauthorized)?;
    ///     request.identify(&owner);
    ///     Ok(owner)
    /// });
    /// # let _ = api;
    /// ```
    ///
    /// Source: universal-api `authenticate`, ORCS's API-token guard.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.0.asked.token.as_deref()
    }

    /// Whether it brought a valid token.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.0.claims.is_some()
    }

    /// Who it is: the `sub`, `user_id` or `id` of its token, or what
    /// [`identify`](Self::identify) said.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        lock(&self.0.known).user.as_deref().map(str::to_owned)
    }

    /// Says who it is, for [`Client::user`](crate::Client::user),
    /// [`disconnect_user`](WebSocketManager::disconnect_user) and the limits of each user.
    pub fn identify(&self, user: impl fmt::Display) {
        lock(&self.0.known).user = Some(user.to_string().into());
    }

    /// Keeps a value with the connection: [`Client::get`](crate::Client::get) finds it by its
    /// type. A second one of a type replaces the first.
    pub fn insert<T: Any + Send + Sync>(&self, value: T) {
        let values = &mut lock(&self.0.known).values;
        values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// What [`insert`](Self::insert) has kept so far.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let value = lock(&self.0.known).values.get(&TypeId::of::<T>()).cloned();
        value?.downcast().ok()
    }

    /// A value of the app's own, given to [`App::state`](crate::App::state).
    ///
    /// # Panics
    ///
    /// When the app was given no such value; the client is closed with 1011, the log names the type.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        self.0.manager.state_or_panic()
    }

    pub(crate) fn asked(&self) -> &Asked {
        &self.0.asked
    }

    pub(crate) fn token_claims(&self) -> Option<&Claims> {
        self.0.claims.as_ref()
    }

    /// What was learnt of it, for the connection it becomes.
    pub(crate) fn take_known(&self) -> Known {
        std::mem::take(&mut lock(&self.0.known))
    }
}

// By hand: a query or a header may hold what is nobody's business.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
