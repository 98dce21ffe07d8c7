//! Where a page fetches its CSRF tokens.

use crate::csrf::Issued;
use crate::manager::WebSocketManager;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
};
use http::{Response, StatusCode};
use std::time::Instant;
use warp::{Filter, Rejection, Reply};

/// Answers `GET /_orcs/csrf` with a token for a socket: `{"token":"…"}`.
///
/// Mount it beside the sockets: `Routes::new().http(orcs::csrf_tokens)`. A page fetches one
/// and offers it as a subprotocol, behind `orcs-token-`, `candy-token-` or `odac-token-`:
///
/// ```js
/// const { token } = await (await fetch("/_orcs/csrf")).json();
/// const socket = new WebSocket("/ws/chat", `orcs-token-${token}`);
/// ```
///
/// The token is also in the headers `X-Orcs-Token` and `X-Candy-Token`. It belongs to the
/// browser's session, which the cookie `orcs_session` (by TLS `__Host-orcs_session`) names and the first answer sets; it is
/// good for one socket and for an hour, and a session keeps its newest 50. Pages of other
/// origins cannot read the answer. The cookie is signed with `SESSION_SECRET`; tokens are
/// kept by this process alone, and a restart forgets them.
///
/// ```
/// use orcs::Routes;
///
/// let routes = Routes::new().http(orcs::csrf_tokens);
/// # let _ = routes;
/// ```
///
/// Source: CandyPack's `X-Candy-Token`.
#[doc(alias = "csrf")]
pub fn csrf_tokens(
    manager: WebSocketManager,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    if manager
        .csrf()
        .is_some_and(|csrf| !csrf.survives_a_restart())
    {
        tracing::info!(
            "SESSION_SECRET is not set: sessions do not survive a restart \
             (example: the output of `openssl rand -hex 32`)"
        );
    }
    warp::path!("_orcs" / "csrf")
        .and(warp::get())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<IsSecure>())
        .map(move |headers, is_secure| answer(&manager, &headers, is_secure))
}

/// Whether a request came by TLS, as its extension; without one, it did not.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsSecure(pub(super) bool);

fn answer(
    manager: &WebSocketManager,
    headers: &HeaderMap,
    is_secure: Option<IsSecure>,
) -> Response<String> {
    let cookies: Vec<_> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let is_secure = is_secure.is_some_and(|IsSecure(is_secure)| is_secure);
    let issued = (manager.csrf()).map(|csrf| csrf.issue(&cookies, is_secure, Instant::now()));
    match issued {
        Some(Ok(issued)) => token(&issued),
        Some(Err(error)) => {
            tracing::error!("no randomness for a token: {error}");
            unavailable("try again later")
        }
        None => unavailable("the app has not started yet"),
    }
}

fn token(Issued { token, set_cookie }: &Issued) -> Response<String> {
    let mut response = Response::new(format!(r#"{{"token":"{token}"}}"#));
    let fields = [
        (CONTENT_TYPE, Some("application/json")),
        (CACHE_CONTROL, Some("no-store")),
        (X_ORCS_TOKEN, Some(token)),
        (X_CANDY_TOKEN, Some(token)),
        (SET_COOKIE, set_cookie.as_deref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            let value = HeaderValue::from_str(value).expect("our values are visible ASCII");
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn unavailable(why: &str) -> Response<String> {
    let mut response = Response::new(why.to_owned());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

const X_ORCS_TOKEN: HeaderName = HeaderName::from_static("x-orcs-token");
const X_CANDY_TOKEN: HeaderName = HeaderName::from_static("x-candy-token");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::csrf::Csrf;
    use bytes::Bytes;
    use http::Request;
    use http::request::Builder;
    use hyper::body::Body;
    use std::future::poll_fn;
    use std::pin::pin;
    use tower_service::Service;

    fn manager() -> WebSocketManager {
        let manager = WebSocketManager::new(128, drop);
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        manager.set_csrf(Csrf::new(Some(&secret), Instant::now()).unwrap());
        manager
    }

    fn get(cookie: &str) -> Builder {
        Request::get("/_orcs/csrf").header(COOKIE, cookie)
    }

    async fn answer_to(manager: &WebSocketManager, request: Builder) -> Response<Bytes> {
        let request = request.body(String::new()).unwrap();
        let filter = csrf_tokens(manager.clone());
        let response = warp::service(filter).call(request).await.unwrap();
        let (head, body) = response.into_parts();
        let mut body = pin!(body);
        let frame = poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
        let bytes = frame.map_or_else(Bytes::new, |frame| frame.unwrap().into_data().unwrap());
        Response::from_parts(head, bytes)
    }

    fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap())
    }

    /// What a browser sends back.
    fn cookie(response: &Response<Bytes>) -> &str {
        let set_cookie = header(response, "set-cookie").expect("a new session");
        set_cookie.split(';').next().unwrap()
    }

    #[tokio::test]
    async fn a_page_gets_a_token_and_a_session() {
        let manager = manager();
        let response = answer_to(&manager, get("")).await;
        assert_eq!(response.status(), 200);
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let token = body["token"].as_str().unwrap();
        assert_eq!(body, serde_json::json!({ "token": token }));
        assert_eq!(header(&response, "x-orcs-token"), Some(token));
        assert_eq!(header(&response, "x-candy-token"), Some(token));
        assert_eq!(header(&response, "content-type"), Some("application/json"));
        assert_eq!(header(&response, "cache-control"), Some("no-store"));
        assert_eq!(header(&response, "access-control-allow-origin"), None);
        let set_cookie = header(&response, "set-cookie").unwrap();
        assert!(
            set_cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"),
            "{set_cookie}"
        );
        let csrf = manager.csrf().unwrap();
        let cookies: &[&[u8]] = &[cookie(&response).as_bytes()];
        let check = || csrf.check(cookies, false, Some(token), Instant::now());
        assert!(check().is_ok());
        assert!(check().is_err(), "once");
    }

    #[tokio::test]
    async fn a_session_stays_and_a_forged_one_is_replaced() {
        let manager = manager();
        let first = answer_to(&manager, get("")).await;
        let cookie = cookie(&first);
        let second = answer_to(&manager, get(&format!("a=b; {cookie}"))).await;
        assert_eq!(header(&second, "set-cookie"), None);
        assert_ne!(second.body(), first.body());
        for forged in [
            "orcs_session=abc",
            &format!("{cookie}x"),
            &format!("{cookie};{cookie}"),
        ] {
            let response = answer_to(&manager, get(forged)).await;
            assert!(header(&response, "set-cookie").is_some(), "{forged}");
        }
    }

    #[tokio::test]
    async fn what_came_by_tls_gets_a_cookie_for_tls() {
        for is_secure in [true, false] {
            let request = get("").extension(IsSecure(is_secure));
            let response = answer_to(&manager(), request).await;
            let set_cookie = header(&response, "set-cookie").unwrap();
            assert_eq!(set_cookie.contains("; Secure"), is_secure);
        }
    }

    #[tokio::test]
    async fn other_requests_are_none_of_its_business() {
        let manager = manager();
        for (method, path, status) in [
            ("GET", "/_orcs/csrf?x=y", 200),
            ("GET", "/_orcs/csrf/x", 404),
            ("GET", "/csrf", 404),
            ("POST", "/_orcs/csrf", 405),
        ] {
            let request = Request::builder().method(method).uri(path);
            let response = answer_to(&manager, request).await;
            assert_eq!(response.status(), status, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn before_the_start_there_are_no_tokens() {
        let manager = WebSocketManager::new(128, drop);
        assert_eq!(answer_to(&manager, get("")).await.status(), 503);
    }
}
