//! An issuer that is away.

use super::*;
use std::io::Write;
use tokio::net::TcpSocket;
use tracing::subscriber::DefaultGuard;

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines, without time and place.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(lock(&self.0).clone()).expect("UTF-8");
        let line = |line: &str| {
            let (head, text) = line.split_once(": ").expect("a place in front");
            let level = head.split_whitespace().nth(1).expect("a level");
            format!("{level} {text}")
        };
        text.lines().map(line).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_last_keys_stay_in_use_while_the_issuer_is_away() {
    let (log, _guard) = Log::begin();
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(quick()));
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    for away in [
        status("500 Internal Server Error"),
        status("404 Not Found"),
        status("301 Moved Permanently"),
        Says::HangsUp,
        Says::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        Says::Bytes(ok("<html>", "")),
        Says::Bytes(ok("{}", "")),
        Says::Bytes(ok(r#"{"keys":{}}"#, "")),
        Says::Bytes(ok(r#"{"error":"try later"}"#, "")),
        Says::Bytes(ok("", "")),
    ] {
        issuer.says(away);
        let asked = issuer.requests();
        until(async || issuer.requests() > asked + 2).await;
        assert_eq!(why(&verifier, &token("a", 1)).await, None);
        assert_eq!(why(&verifier, &token("b", 2)).await, Some(Refused::Key));
    }
    issuer.publishes(&[public("b", 2)]);
    until(async || why(&verifier, &token("b", 2)).await.is_none()).await;
    let url = format!("http://{}/keys", issuer.address);
    assert_eq!(
        log.lines(),
        [
            format!("INFO 1 keys for EdDSA from {url}"),
            format!(
                "WARN {url} gives no keys: it answered 500 Internal Server Error; those it gave last stay in use"
            ),
            format!("INFO {url} gives its keys again"),
        ],
        "an outage is one line, its end another, and no query is in them"
    );
    issuer.says(Says::HangsUp);
    until(async || log.lines().len() > 3).await;
    issuer.publishes(&[public("b", 2)]);
    until(async || log.lines().len() > 4).await;
    assert!(log.lines()[3].starts_with(&format!("WARN {url} gives no keys: ")));
    assert_eq!(log.lines()[4], format!("INFO {url} gives its keys again"));
}

#[tokio::test]
async fn an_app_starts_while_its_issuer_is_away() {
    let (log, _guard) = Log::begin();
    // A port that nobody listens on, and that nobody else gets.
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    socket.bind(any).expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    let pace = quick();
    let url = format!("http://{address}/keys");
    let source = Source::new(&url, &pace).expect("no certificates are needed");
    crate::auth::crypto::install();
    let verifier = verifier(Jwks::with(source, Algorithm::EdDSA, pace));
    for _ in 0..3 {
        assert_eq!(why(&verifier, &token("a", 1)).await, Some(Refused::Key));
    }
    let listener = socket.listen(16).expect("it is bound");
    let state = State {
        says: Says::Keys(vec![public("a", 1)], ""),
        requests: Vec::new(),
    };
    tokio::spawn(accept(listener, Arc::new(Mutex::new(state))));
    until(async || why(&verifier, &token("a", 1)).await.is_none()).await;
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let begin = format!("ERROR {url} gives no keys: client error (Connect): ");
    assert!(lines[0].starts_with(&begin), "{lines:?}");
    assert!(
        lines[0].ends_with("; every token is refused until it does"),
        "{lines:?}"
    );
    assert_eq!(lines[1], format!("INFO 1 keys for EdDSA from {url}"));
}

/// An empty set is an answer: the issuer has withdrawn its keys.
#[tokio::test]
async fn an_issuer_without_keys_is_believed() {
    let (log, _guard) = Log::begin();
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(quick()));
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    issuer.publishes(&[]);
    until(async || why(&verifier, &token("a", 1)).await == Some(Refused::Key)).await;
    let asked = issuer.requests();
    until(async || issuer.requests() > asked + 2).await;
    let url = format!("http://{}/keys", issuer.address);
    assert_eq!(
        log.lines()[1..],
        [format!(
            "ERROR {url} publishes no key for EdDSA; every token is refused"
        )]
    );
}
