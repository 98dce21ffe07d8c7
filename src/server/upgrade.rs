//! From an HTTP request to a WebSocket: handshake, token, and the socket out of hyper's hands.

use super::front::{Entrance, Front, Guest};
use super::full::no_room;
use super::offered::Offered;
use super::reception::Knock;
use super::socket::TcpLink;
use crate::admit::{Asked, too_much};
use crate::auth::{self, Carried, Carriers};
use crate::hub::Visit;
use crate::origin;
use crate::path::Params;
use crate::proto::extension::{self, Agreed};
use crate::proto::handshake::{self, Offer, Refused};
use crate::proxy::Arrival;
use http::header::{
    ALLOW, AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Request, Response, StatusCode, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::net::IpAddr;
use std::sync::{Arc, Once};
use tokio::net::TcpStream;

/// Answers a request on a socket's path: 101, or why not.
pub(super) async fn upgrade(
    front: &Arc<Front>,
    entrance: &Entrance,
    params: Params,
    mut request: Request<Incoming>,
    (visit, peer): (Arc<Visit>, IpAddr),
) -> Response<String> {
    let auth_cookie = front.config().auth_cookie.as_deref();
    let bad_handshakes = &front.manager.hub().tally().bad_handshakes;
    let handshake = match Handshake::read(&request, entrance, auth_cookie) {
        Ok(handshake) => handshake,
        Err(refused) => {
            bad_handshakes.add_one();
            return refuse(refused);
        }
    };
    let arrival = (front.config().trusted_proxies).arrival(peer, request.headers());
    if let Err(full) = visit.move_to(arrival.address) {
        return no_room(full);
    }
    if let Some(response) = kept_out(front, &arrival, &handshake, request.headers()) {
        return response;
    }
    let agreed = handshake.offered.agreed.as_deref();
    if let Some(why) = entrance.table.subprotocols.missing(agreed) {
        bad_handshakes.add_one();
        return status(StatusCode::BAD_REQUEST, why);
    }
    let from = (arrival.address, arrival.is_secure);
    let knock = handshake.knock(&mut request, from, params);
    if let Some((code, why)) = too_much(&knock.asked, entrance.table.kept_headers()) {
        bad_handshakes.add_one();
        let code = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
        return status(code, why);
    }
    let admitted = front.admit(entrance, knock).await;
    if let Err(refusal) = &admitted
        && front.rejects_by_http(entrance)
    {
        let code = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
        return status(code, refusal.reason());
    }
    let guest = match front.guest(entrance, admitted) {
        Ok(guest) => guest.with_deflate(handshake.deflate),
        Err(error) => {
            tracing::error!("no randomness for a client's id: {error}");
            return status(StatusCode::SERVICE_UNAVAILABLE, "try again later");
        }
    };
    let socket = hyper::upgrade::on(&mut request);
    tokio::spawn(take_over(Arc::clone(front), guest, socket, visit));
    handshake.accepted()
}

/// Refuses, before anything is upgraded, what comes unencrypted where it must not, or from a
/// page that may not open a socket.
fn kept_out(
    front: &Front,
    arrival: &Arrival<'_>,
    handshake: &Handshake,
    headers: &HeaderMap,
) -> Option<Response<String>> {
    let (config, tally) = (front.config(), front.manager.hub().tally());
    if config.require_secure && !arrival.is_secure {
        tally.insecure.add_one();
        let why = "this socket is opened by wss:// only";
        let mut response = status(StatusCode::UPGRADE_REQUIRED, why);
        // A 426 names what to upgrade to (RFC 9110, 15.5.22; RFC 2817, 4.2).
        set(&mut response, UPGRADE, "TLS/1.2, HTTP/1.1");
        set(&mut response, CONNECTION, "Upgrade");
        return Some(response);
    }
    let by_cookie = handshake
        .token
        .as_ref()
        .is_some_and(|token| token.by_cookie);
    let origin = values(headers, &ORIGIN);
    let checked = (config.allowed_origins).check(&origin, arrival.host, by_cookie);
    let why = checked.err()?;
    tally.foreign_origins.add_one();
    tell_of_a_foreign_page(&why);
    Some(status(StatusCode::FORBIDDEN, why.to_string()))
}

/// A browser does not tell a page's author why: whoever runs the server reads it, once. Later
/// ones are for those who look closely, or a stranger could fill the log.
fn tell_of_a_foreign_page(why: &origin::Refused) {
    static ONCE: Once = Once::new();
    if ONCE.is_completed() {
        tracing::debug!("{why}");
    }
    ONCE.call_once(|| tracing::warn!("{why}"));
}

/// What a request asks for, once it is known to be a proper one.
struct Handshake {
    accept: String,
    token: Option<Carried>,
    offered: Offered,
    deflate: Option<Agreed>,
}

impl Handshake {
    fn read(
        request: &Request<Incoming>,
        entrance: &Entrance,
        auth_cookie: Option<&str>,
    ) -> Result<Self, Refused> {
        let headers = request.headers();
        let accept = handshake::accept(&Offer {
            method: request.method().as_str(),
            http_1_1: request.version() == Version::HTTP_11,
            host: &values(headers, &HOST),
            connection: &values(headers, &CONNECTION),
            upgrade: &values(headers, &UPGRADE),
            key: &values(headers, &SEC_WEBSOCKET_KEY),
            version: &values(headers, &SEC_WEBSOCKET_VERSION),
        })?;
        // Its bytes would be taken for frames, or not, as the segments arrive.
        if !request.body().is_end_stream() {
            return Err(Refused::BadRequest("an upgrade request has no body"));
        }
        let offered = values(headers, &SEC_WEBSOCKET_PROTOCOL);
        let protocols = handshake::subprotocols(&offered)?;
        // On several lines they are one list, so that a name given twice is seen.
        let cookies = headers.get_all(COOKIE).iter();
        let cookies: Vec<_> = cookies
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let cookies = cookies.join("; ");
        let token = Carriers {
            query: request.uri().query(),
            authorization: auth::only(headers, &AUTHORIZATION),
            subprotocols: &protocols,
            cookie: Some(cookies.as_str()).zip(auth_cookie),
        };
        Ok(Self {
            accept,
            token: token.find(),
            offered: Offered::read(&entrance.table, &protocols),
            deflate: extension::negotiate(
                &values(headers, &SEC_WEBSOCKET_EXTENSIONS),
                entrance.grant(),
            )?,
        })
    }

    /// What is asked for, less the token, from where, and whether encrypted. Takes the headers:
    /// nobody else needs them any more.
    fn knock(
        &self,
        request: &mut Request<Incoming>,
        (address, is_secure): (IpAddr, bool),
        params: Params,
    ) -> Knock {
        Knock {
            asked: Asked {
                path: request.uri().path().to_owned(),
                query: auth::without_token(request.uri().query().unwrap_or_default()),
                headers: std::mem::take(request.headers_mut()),
                address: Some(address),
                is_secure,
                params,
                subprotocol: self.offered.agreed.clone(),
                ..Asked::default()
            },
            token: self.token.clone(),
            csrf_token: self.offered.csrf_token.clone(),
        }
    }

    fn accepted(&self) -> Response<String> {
        let mut response = status(StatusCode::SWITCHING_PROTOCOLS, "");
        set(&mut response, UPGRADE, "websocket");
        set(&mut response, CONNECTION, "Upgrade");
        set(&mut response, SEC_WEBSOCKET_ACCEPT, &self.accept);
        if let Some(protocol) = &self.offered.echoed {
            set(&mut response, SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        if let Some(deflate) = &self.deflate {
            set(
                &mut response,
                SEC_WEBSOCKET_EXTENSIONS,
                &deflate.to_string(),
            );
        }
        response
    }
}

/// Waits for hyper to let go of the socket, and serves the client in a task of its own:
/// this one's future is larger than a connection needs.
async fn take_over(front: Arc<Front>, guest: Guest, socket: OnUpgrade, visit: Arc<Visit>) {
    // An error means that the client went away while it was answered.
    let Ok(upgraded) = socket.await else { return };
    let parts = upgraded
        .downcast::<TokioIo<TcpStream>>()
        .expect("the front door serves TCP streams");
    let link = TcpLink::new(parts.io.into_inner());
    // `read_buf` pins hyper's whole buffer, so what came early is copied out of it at once.
    let connection = front.connect(guest, link, &parts.read_buf, visit);
    drop(parts.read_buf);
    tokio::spawn(connection);
}

fn refuse(refused: Refused) -> Response<String> {
    let code = match refused {
        Refused::NotAnUpgrade | Refused::BadVersion => StatusCode::UPGRADE_REQUIRED,
        Refused::BadMethod => StatusCode::METHOD_NOT_ALLOWED,
        Refused::BadRequest(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = status(code, refused.to_string());
    if code == StatusCode::UPGRADE_REQUIRED {
        set(&mut response, UPGRADE, "websocket");
        // `Upgrade` is hop-by-hop: without this a proxy may drop it (RFC 9110, 7.8).
        set(&mut response, CONNECTION, "Upgrade");
    }
    match refused {
        Refused::BadVersion => set(&mut response, SEC_WEBSOCKET_VERSION, "13"),
        Refused::BadMethod => set(&mut response, ALLOW, "GET"),
        Refused::NotAnUpgrade | Refused::BadRequest(_) => {}
    }
    response
}

fn status(code: StatusCode, text: impl Into<String>) -> Response<String> {
    let text = text.into();
    let has_text = !text.is_empty();
    let mut response = Response::new(text);
    *response.status_mut() = code;
    if has_text {
        // A reason is the app's, and may quote somebody: it is never taken for HTML.
        set(&mut response, CONTENT_TYPE, "text/plain; charset=utf-8");
    }
    response
}

fn set(response: &mut Response<String>, name: HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("our header values are visible ASCII");
    response.headers_mut().insert(name, value);
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a [u8]> {
    headers
        .get_all(name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect()
}
