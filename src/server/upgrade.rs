//! From an HTTP request to a WebSocket: handshake, token, and the socket out of hyper's hands.

use super::front::{Entrance, Front, Guest};
use super::socket::TcpLink;
use crate::auth;
use crate::hub::Visit;
use crate::proto::extension::{self, Agreed, Grant};
use crate::proto::handshake::{self, Offer, Refused};
use http::header::{
    ALLOW, AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Request, Response, StatusCode, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Answers a request on a socket's path: 101, or why not.
pub(super) async fn upgrade(
    front: &Arc<Front>,
    entrance: &Entrance,
    mut request: Request<Incoming>,
    visit: Arc<Visit>,
) -> Response<String> {
    let handshake = match Handshake::read(&request, entrance.grant()) {
        Ok(handshake) => handshake,
        Err(refused) => return refuse(refused),
    };
    let guest = match front.receive(entrance, handshake.token.as_deref()).await {
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

/// What a request asks for, once it is known to be a proper one.
struct Handshake {
    accept: String,
    token: Option<String>,
    offers_token_protocol: bool,
    deflate: Option<Agreed>,
}

impl Handshake {
    fn read(request: &Request<Incoming>, grant: Option<&Grant>) -> Result<Self, Refused> {
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
        let authorization = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = auth::find(request.uri().query(), authorization, &protocols);
        Ok(Self {
            accept,
            token: token.map(str::to_owned),
            offers_token_protocol: protocols.contains(&auth::SUBPROTOCOL),
            deflate: extension::negotiate(&values(headers, &SEC_WEBSOCKET_EXTENSIONS), grant)?,
        })
    }

    fn accepted(&self) -> Response<String> {
        let mut response = status(StatusCode::SWITCHING_PROTOCOLS, "");
        set(&mut response, UPGRADE, "websocket");
        set(&mut response, CONNECTION, "Upgrade");
        set(&mut response, SEC_WEBSOCKET_ACCEPT, &self.accept);
        // A browser drops a connection whose server picks none of the protocols it offered.
        if self.offers_token_protocol {
            set(&mut response, SEC_WEBSOCKET_PROTOCOL, auth::SUBPROTOCOL);
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
    let mut response = Response::new(text.into());
    *response.status_mut() = code;
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
