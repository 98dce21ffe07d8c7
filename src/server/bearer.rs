//! Who asks by HTTP, known by its token.

use crate::auth::{Carriers, Claims, only};
use crate::manager::WebSocketManager;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use warp::reject::Reject;
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

/// Lets a request pass that has a valid token in `Authorization: Bearer`, and gives what its
/// claims say of who asks; answers any other with 401.
///
/// The HTTP half of [`Route::auth`](crate::Route::auth): the same tokens, the same key, the same
/// type. Cookies and queries are not looked at, so no page of another host can ask in
/// somebody's name. Where the app has no key, or `WS_AUTH_ENABLED` is false, nobody passes.
///
/// ```
/// use orcs::prelude::*;
/// use orcs::warp::{self, Filter, Rejection};
///
/// #[derive(Deserialize)]
/// struct User { #[serde(rename = "sub")] id: String }
///
/// fn http(manager: WebSocketManager) -> impl Filter<Extract = (impl warp::Reply,), Error = Rejection> + Clone {
///     warp::path!("sign-out-everywhere")
///         .and(warp::post())
///         .and(orcs::bearer::<User>(manager.clone()))
///         .map(move |user: User| {
///             warp::reply::json(&manager.disconnect_user(user.id, 4401, "signed out"))
///         })
/// }
/// # let _ = Routes::new().http(http);
/// ```
#[doc(alias = "authenticate")]
pub fn bearer<U: DeserializeOwned + Send + 'static>(
    manager: WebSocketManager,
) -> impl Filter<Extract = (U,), Error = Rejection> + Clone {
    warp::header::headers_cloned().and_then(move |headers: HeaderMap| {
        let manager = manager.clone();
        async move {
            let user = user(&manager, &headers).await;
            user.ok_or_else(|| {
                manager.hub().tally().unauthorized.add_one();
                warp::reject::custom(Unauthorized)
            })
        }
    })
}

async fn user<U: DeserializeOwned>(manager: &WebSocketManager, headers: &HeaderMap) -> Option<U> {
    let carried = Carriers {
        authorization: only(headers, &AUTHORIZATION),
        ..Carriers::default()
    }
    .find()?;
    let verified = manager.verifier()?.verify(&carried.token).await;
    let claims: Claims = verified
        .inspect_err(|why| tracing::debug!("token refused: {why}"))
        .ok()?;
    claims.read().ok()
}

/// No valid token came along.
#[derive(Debug)]
pub(super) struct Unauthorized;

impl Reject for Unauthorized {}

impl Unauthorized {
    pub(super) fn answer(&self) -> Response {
        let text = "401: a valid token is needed (Authorization: Bearer ..)\n";
        let mut response = warp::reply::with_status(text, StatusCode::UNAUTHORIZED).into_response();
        let scheme = HeaderValue::from_static("Bearer");
        // A 401 says how to come in (RFC 9110, 15.5.2; RFC 6750, 3).
        response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        response
    }
}
