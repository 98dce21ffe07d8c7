//! From a URL to an open WebSocket, or the reason why not.

use super::request::Handshake;
use super::stream::Stream;
use crate::terminal::{Failure, shell};
use std::io::{self, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
use tungstenite::handshake::HandshakeError;
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, WebSocket};

/// An open connection; its socket no longer blocks.
pub struct Opened {
    pub socket: WebSocket<Stream>,
    /// The same socket, to wait for.
    pub tcp: TcpStream,
    pub took: Duration,
    /// What was agreed on, which may be the word `token` alone.
    pub protocol: Option<String>,
}

/// Why there is no connection, and whether another try may end otherwise.
pub struct Unopened {
    pub failure: Failure,
    pub may_return: bool,
}

/// How long each step of it may take, and how long a message may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub patience: Duration,
    pub max_message: usize,
}

pub fn open(handshake: &Handshake, bounds: Bounds) -> Result<Opened, Unopened> {
    let start = Instant::now();
    let tcp = connect(handshake, bounds.patience).map_err(|why| unreachable(handshake, &why))?;
    let settings = |tcp: &TcpStream| {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(bounds.patience))?;
        tcp.set_write_timeout(Some(bounds.patience))?;
        tcp.try_clone()
    };
    let raw = settings(&tcp).map_err(|e| unreachable(handshake, &e.to_string()))?;
    let stream = secure(handshake, tcp).map_err(|why| unreachable(handshake, &why))?;
    let request = handshake
        .request()
        .map_err(|e| refused(handshake, &e.to_string()))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(bounds.max_message))
        .max_frame_size(Some(bounds.max_message))
        .max_write_buffer_size(MAX_UNSENT);
    let shaken = tungstenite::client::client_with_config(request, stream.clone(), Some(config));
    let (socket, response) = match shaken {
        Ok(shaken) => shaken,
        Err(HandshakeError::Failure(error)) => return Err(failed(handshake, error, stream)),
        // A read timeout of a blocking socket looks like this.
        Err(HandshakeError::Interrupted(_)) => {
            return Err(unreachable(handshake, "it does not answer the handshake"));
        }
    };
    raw.set_nonblocking(true)
        .map_err(|e| unreachable(handshake, &e.to_string()))?;
    let protocol = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
    Ok(Opened {
        socket,
        tcp: raw,
        took: start.elapsed(),
        protocol: protocol
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    })
}

/// Tries each address of the host in turn; the last one's failure is told.
fn connect(handshake: &Handshake, patience: Duration) -> Result<TcpStream, String> {
    let addresses = (handshake.host(), handshake.port())
        .to_socket_addrs()
        .map_err(|e| format!("no address of this name ({e})"))?;
    let mut why = "no address of this name".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(tcp) => return Ok(tcp),
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
                why = "nobody listens there".to_owned();
            }
            Err(e) => why = e.to_string(),
        }
    }
    Err(why)
}

#[cfg(feature = "tls")]
fn secure(handshake: &Handshake, tcp: TcpStream) -> Result<Stream, String> {
    if handshake.is_secure() {
        super::tls::connect(handshake.host(), tcp).map(Stream::tls)
    } else {
        Ok(Stream::plain(tcp))
    }
}

#[cfg(not(feature = "tls"))]
fn secure(_: &Handshake, tcp: TcpStream) -> Result<Stream, String> {
    Ok(Stream::plain(tcp))
}

fn unreachable(handshake: &Handshake, why: &str) -> Unopened {
    let failure = Failure::unreachable(format!(
        "cannot reach `{}`: {}",
        handshake.shown(),
        shell::visible(why)
    ));
    let is_here = matches!(handshake.host(), "localhost" | "127.0.0.1" | "::1");
    let failure = match () {
        () if why.contains("certificate") => {
            failure.help("SSL_CERT_FILE=roots.pem names the root certificates to trust")
        }
        () if is_here => {
            failure.help("`orcs serve` in the app's folder starts it, and prints its URL")
        }
        () => failure,
    };
    Unopened {
        failure,
        may_return: true,
    }
}

fn refused(handshake: &Handshake, why: &str) -> Unopened {
    Unopened {
        failure: Failure::new(format!("`{}`: {}", handshake.shown(), shell::visible(why))),
        may_return: false,
    }
}

/// The server answered, but not with a WebSocket.
fn failed(handshake: &Handshake, error: Error, stream: Stream) -> Unopened {
    match error {
        Error::Http(response) => {
            let status = response.status();
            let body = response.into_body().unwrap_or_default();
            let mut why = format!("the server answered {status}");
            if let Some(line) = first_line(body, stream) {
                why.push_str(": ");
                why.push_str(&line);
            }
            let refused = refused(handshake, &why);
            let failure = match help(status.as_u16()) {
                Some(help) => refused.failure.help(help),
                None => refused.failure,
            };
            Unopened {
                failure,
                may_return: status.is_server_error(),
            }
        }
        Error::Io(error) => unreachable(handshake, &error.to_string()),
        error => refused(handshake, &format!("no WebSocket answers there ({error})")),
    }
}

fn help(status: u16) -> Option<&'static str> {
    Some(match status {
        401 => "`orcs ws --sub ann` signs a token with this app's secret; `--token T` brings one",
        403 => "a page of another origin? `--origin URL` says which, WS_ALLOWED_ORIGINS which may",
        404 => "`orcs routes` lists the paths",
        426 => "WS_REQUIRE_SECURE: only wss:// is let in",
        429 => "too many connections from this address: WS_MAX_CONNECTIONS_PER_IP",
        _ => return None,
    })
}

/// What a page of text says first. Not all of it has come with its header.
fn first_line(mut body: Vec<u8>, mut stream: Stream) -> Option<String> {
    let mut buffer = [0; 1024];
    while !body.contains(&b'\n') && body.len() < MAX_BODY {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(length) => body.extend_from_slice(&buffer[..length]),
        }
    }
    let text = String::from_utf8_lossy(&body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.to_owned())
}

/// Bytes that may wait for a server that takes nothing, twice the longest that can be sent; more
/// ends the connection.
const MAX_UNSENT: usize = 32 << 20;

/// Enough for a sentence.
const MAX_BODY: usize = 8 << 10;
