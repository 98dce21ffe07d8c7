//! An issuer on this machine: it rotates its keys, fails, lies, and comes back.

mod fetching;
mod keys;
mod outages;
mod rotation;
mod tls;

use super::*;
use crate::auth::Verifier;
use crate::auth::refused::Refused;
use crate::config::Config;
use crate::lock::lock;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An issuer that answers as the test says, and remembers what it was asked.
struct Issuer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    says: Says,
    /// The first line of each request.
    requests: Vec<String>,
}

#[derive(Clone)]
enum Says {
    /// A set of keys, and headers beside it.
    Keys(Vec<Value>, &'static str),
    /// An answer byte for byte.
    Bytes(Vec<u8>),
    /// The same, after a while.
    Late(Duration, Box<Self>),
    /// Nothing, and it keeps the connection.
    Nothing,
    /// Nothing, and it hangs up.
    HangsUp,
}

impl Issuer {
    async fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State {
            says,
            requests: Vec::new(),
        }));
        tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state }
    }

    async fn with(keys: &[Value]) -> Self {
        Self::start(Says::Keys(keys.to_vec(), "")).await
    }

    fn url(&self) -> String {
        format!("http://{}/keys?tenant=hunter2", self.address)
    }

    fn says(&self, says: Says) {
        lock(&self.state).says = says;
    }

    fn publishes(&self, keys: &[Value]) {
        self.says(Says::Keys(keys.to_vec(), ""));
    }

    fn requests(&self) -> usize {
        lock(&self.state).requests.len()
    }

    /// Its keys, asked for at this pace.
    fn keys(&self, pace: Pace) -> Jwks {
        crate::auth::crypto::install();
        let source = Source::new(&self.url(), &pace).expect("no certificates are needed");
        Jwks::with(source, Algorithm::EdDSA, pace)
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        tokio::spawn(answer(stream, Arc::clone(&state)));
    }
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let request = String::from_utf8(request).expect("ASCII");
    let first = request.lines().next().expect("a line").to_owned();
    let mut says = {
        let mut state = lock(&state);
        state.requests.push(first);
        state.says.clone()
    };
    if let Says::Late(pause, then) = says {
        tokio::time::sleep(pause).await;
        says = *then;
    }
    let bytes = match says {
        Says::Keys(keys, headers) => ok(&json!({ "keys": keys }).to_string(), headers),
        Says::Bytes(bytes) => bytes,
        Says::Late(..) | Says::Nothing => return tokio::time::sleep(LONG).await,
        Says::HangsUp => return,
    };
    // An answer that is too long is not read to its end.
    _ = stream.write_all(&bytes).await;
}

fn ok(body: &str, headers: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

fn status(line: &str) -> Says {
    Says::Bytes(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

/// A pace at which nothing happens by itself during a test.
fn still() -> Pace {
    Pace {
        usual: LONG,
        shortest: LONG,
        longest: LONG,
        between_unknown: LONG,
        first_retry: LONG,
        longest_retry: LONG,
        timeout: Duration::from_secs(2),
    }
}

/// A pace at which much happens.
fn quick() -> Pace {
    let soon = Duration::from_millis(10);
    Pace {
        usual: soon,
        shortest: soon,
        first_retry: soon,
        longest_retry: soon,
        ..still()
    }
}

/// A key pair by its number.
fn pair(number: u8) -> KeyPair {
    KeyPair::from_seed(Seed::new([number; 32]))
}

/// The public half, as an issuer publishes it.
fn public(id: &str, number: u8) -> Value {
    let x = BASE64.encode(*pair(number).pk);
    json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": id, "use": "sig", "alg": "EdDSA"})
}

/// A token of this header, signed with a pair.
fn signed(header: &Value, number: u8) -> String {
    let part = |json: &Value| BASE64.encode(json.to_string());
    let message = format!(
        "{}.{}",
        part(header),
        part(&json!({"sub": "ann", "exp": u32::MAX}))
    );
    let signature = pair(number).sk.sign(&message, None);
    format!("{message}.{}", BASE64.encode(signature))
}

fn token(id: &str, number: u8) -> String {
    signed(&json!({"alg": "EdDSA", "kid": id}), number)
}

fn verifier(keys: Jwks) -> Verifier {
    let mut config = Config::default();
    config.jwt_algorithm = Algorithm::EdDSA;
    Verifier::with_published(&config, keys)
}

async fn why(verifier: &Verifier, token: &str) -> Option<Refused> {
    verifier.verify(token).await.err()
}

/// Waits until something has happened.
async fn until(happened: impl AsyncFn() -> bool) {
    let all = async {
        while !happened().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let all = tokio::time::timeout(Duration::from_secs(10), all).await;
    all.expect("it happens within ten seconds");
}

const LONG: Duration = Duration::from_secs(3600);
