//! The front door: listening sockets, and one HTTP connection after another.

use super::csrf::IsSecure;
use super::front::Front;
use super::full::Doorman;
use super::metrics;
use super::shutdown::Shutdown;
use super::upgrade::upgrade;
use crate::close::code;
use crate::config::Config;
use crate::error::Result;
use crate::hub::{Full, Visit};
use crate::manager::WebSocketManager;
use http::header::{CONNECTION, HOST, HeaderValue};
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;
use warp::reply::{Reply, Response};

/// Listens on every address of the settings, all with one port.
pub(super) fn bind(config: &Config) -> Result<Vec<TcpListener>> {
    let mut port = config.port;
    let mut listeners = Vec::new();
    let mut missing = None;
    for host in config.hosts() {
        let address = SocketAddr::new(host, port);
        match listen_on(address) {
            Ok(listener) => {
                // Port 0 picks one; the other address gets the same.
                port = listener.local_addr()?.port();
                listeners.push(listener);
            }
            // A machine without IPv6, or without IPv4: the other loopback will do.
            Err(error) if is_missing(&error) && config.host.is_none() => {
                missing = Some((address, error));
            }
            Err(error) => return Err(cannot(address, &error).into()),
        }
    }
    match (listeners.is_empty(), missing) {
        (true, Some((address, error))) => Err(cannot(address, &error).into()),
        _ => Ok(listeners),
    }
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restart must not wait for the old connections' TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // `::1` beside `127.0.0.1`, not instead of it; `::` alone takes both families.
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(ADDRESS_FAMILY_NOT_SUPPORTED)
}

fn cannot(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "cannot listen on {address}: address in use (another `orcs serve`? Set another PORT in .env, or PORT=0 for a free one)"
        ),
        io::ErrorKind::PermissionDenied => {
            format!(
                "cannot listen on {address}: permission denied (ports below 1024 need rights; example: PORT=42069)"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "cannot listen on {address}: no such address on this machine (example: HOST=0.0.0.0)"
            )
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}

/// A listening socket.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    /// Whether it closes with us. Else it is another server's too, which takes in who waits.
    pub(super) is_ours: bool,
}

/// Takes connections until the server stops.
pub(super) async fn accept(door: Door, front: Arc<Front>, doorman: Doorman) {
    let mut shutdown = front.shutdown.clone();
    let mut pause = SHORTEST_PAUSE;
    let close = loop {
        let accepted = tokio::select! {
            biased;
            close = shutdown.requested() => break close,
            accepted = door.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = SHORTEST_PAUSE;
                take_in(stream, peer, &front, &doorman);
            }
            // Somebody hung up before he was taken in; the next may wait already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Out of file descriptors: trying again at once would only burn the CPU.
                tracing::warn!("cannot take a connection: {error}; trying again in {pause:?}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    };
    if door.is_ours && close.code == code::RESTART {
        take_in_who_waits(door.listener, &front, &doorman);
    }
}

/// Who has come so far would be reset with the socket, and not know that coming back helps.
fn take_in_who_waits(listener: TcpListener, front: &Arc<Front>, doorman: &Doorman) {
    // Asked past tokio, which may not have heard of them yet.
    let Ok(listener) = listener.into_std() else {
        return;
    };
    for _ in 0..BACKLOG {
        let accepted = listener.accept().and_then(|(stream, peer)| {
            stream.set_nonblocking(true)?;
            Ok((TcpStream::from_std(stream)?, peer))
        });
        match accepted {
            Ok((stream, peer)) => take_in(stream, peer, front, doorman),
            Err(_) => return,
        }
    }
}

fn take_in(stream: TcpStream, peer: SocketAddr, front: &Arc<Front>, doorman: &Doorman) {
    match front.manager.hub().census().admit(peer.ip()) {
        Ok(visit) => {
            tokio::spawn(serve(stream, Arc::new(visit), Arc::clone(front)));
        }
        Err(full) => {
            hint_at_a_proxy(full, peer.ip());
            doorman.turn_away(stream, full);
        }
    }
}

/// A neighbour with so many connections is often a proxy that the settings do not name.
fn hint_at_a_proxy(full: Full, address: IpAddr) {
    static ONCE: Once = Once::new();
    let is_near = match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    };
    if full == Full::Network && is_near {
        ONCE.call_once(|| {
            tracing::warn!(
                "{address} has as many connections as one address may have; \
                 if it is a proxy, name it in WS_TRUSTED_PROXIES"
            );
        });
    }
}

/// Serves HTTP on one connection, until it ends or becomes a WebSocket.
async fn serve(stream: TcpStream, visit: Arc<Visit>, front: Arc<Front>) {
    // Frames are joined by us; Nagle would hold small ones back for the peer's delayed ACK.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let config = front.config();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(config.max_header_bytes)
        .max_headers(config.max_headers);
    let shutdown = front.shutdown.clone();
    let (address, manager) = (visit.address(), front.manager.clone());
    let is_asked = Arc::new(AtomicBool::new(false));
    let waits_for_an_answer = Arc::clone(&is_asked);
    let answers = service_fn(move |request| {
        let (front, visit) = (Arc::clone(&front), Arc::clone(&visit));
        let is_asked = Arc::clone(&is_asked);
        async move {
            let shutdown = front.shutdown.clone();
            is_asked.store(true, Ordering::Relaxed);
            let mut answer = answer(front, (visit, address), request).await;
            is_asked.store(false, Ordering::Relaxed);
            if shutdown.close().is_some() && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                // The next request is another server's.
                let headers = answer.headers_mut();
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = pin!(
        http.serve_connection(TokioIo::new(stream), answers)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = no_request_comes(shutdown) => {
            // A request's answer says itself that it is the last; hyper would write that into
            // the answer to a handshake too, which some clients do not take then.
            if !waits_for_an_answer.load(Ordering::Relaxed) {
                connection.as_mut().graceful_shutdown();
            }
            connection.await
        }
    };
    if let Err(error) = ended {
        count(&manager, &error);
        tracing::debug!(%address, "HTTP connection ended: {error}");
    }
}

/// Returns when a connection on which nothing is under way may be hung up on.
async fn no_request_comes(mut shutdown: Shutdown) {
    let close = shutdown.requested().await;
    if close.code == code::RESTART {
        // Whoever came just before, or was about to ask again, shall not notice the restart.
        Box::pin(tokio::time::sleep(PATIENCE)).await;
    }
}

/// What hyper has refused by itself.
fn count(manager: &WebSocketManager, error: &hyper::Error) {
    let tally = manager.hub().tally();
    if error.is_timeout() {
        tally.http_timeouts.add_one();
    } else if error.is_parse() {
        tally.http_refused.add_one();
    }
}

/// `peer` holds the connection: maybe a proxy, for one client after another.
///
/// A socket's path is upgraded; any other goes to the app's filters.
async fn answer(
    front: Arc<Front>,
    (visit, peer): (Arc<Visit>, IpAddr),
    mut request: Request<Incoming>,
) -> Response {
    if has_ambiguous_host(&request) {
        front.manager.hub().tally().http_refused.add_one();
        let why = "a request has exactly one Host";
        return warp::reply::with_status(why, StatusCode::BAD_REQUEST).into_response();
    }
    if request.uri().path() == metrics::PATH {
        return metrics::answer(&front, &request, peer);
    }
    match front.entrance(request.uri().path()) {
        Some((entrance, params)) => upgrade(&front, entrance, params, request, (visit, peer))
            .await
            .into_response(),
        None => {
            let proxies = &front.config().trusted_proxies;
            let is_secure = proxies.arrival(peer, request.headers()).is_secure;
            request.extensions_mut().insert(IsSecure(is_secure));
            // A page that came by TLS may load nothing that does not.
            if let Some(reload) = front.reload.filter(|_| !is_secure) {
                reload.offer(&mut request);
            }
            let answer = warp::service(front.filters.clone()).call(request).await;
            answer.unwrap_or_else(|never| match never {})
        }
    }
}

/// Without exactly one `Host`, a proxy in front of us may read another one than we do
/// (RFC 9112, 3.2). A length given twice hyper sorts out itself.
fn has_ambiguous_host(request: &Request<Incoming>) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() == Version::HTTP_11,
        hosts => hosts > 1,
    }
}

/// Connections that the kernel keeps until they are taken: more than a burst of
/// reconnecting clients between two turns of this task.
const BACKLOG: i32 = 1024;

/// How long a request may be on its way when the server restarts: a few round trips to the
/// other side of the world.
const PATIENCE: Duration = Duration::from_secs(2);

const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// EAFNOSUPPORT, which has no `io::ErrorKind` of its own.
const ADDRESS_FAMILY_NOT_SUPPORTED: i32 = if cfg!(windows) {
    10047
} else if cfg!(target_os = "linux") {
    97
} else {
    47
};
