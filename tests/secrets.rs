//! What no log ever holds: tokens, secrets and what clients say.

mod common;

use common::raw::{RawClient, upgrade_request};
use common::{App, SECRET, start_with, token};
use orcs::prelude::*;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::Level;

/// Everything that is logged, by whomever.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("nobody panics while logging");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().expect("nobody panics while logging");
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen_to_the_log() -> Log {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    log
}

/// A name that must not be seen again, in a token that is no good.
const PAYLOAD: &str = "what-she-said-in-confidence";

async fn knock(app: &App, path: &str, more: &str) -> RawClient {
    let mut client = RawClient::tcp(app.address).await;
    client.request(&upgrade_request(path, more)).await;
    client
}

fn route() -> Route<Value> {
    ws("/ws")
        .auth::<Value>()
        .csrf(false)
        .on("say", async |_client, text: String| Reply(text.len()))
        .on("fail", async |_client, _text: String| -> orcs::Result {
            "x".parse::<u8>()?;
            Ok(())
        })
}

#[tokio::test]
async fn no_log_holds_a_token_a_secret_or_a_payload() {
    let log = listen_to_the_log();
    let app = start_with(route(), |config| {
        config.auth_cookie = Some("session".to_owned());
    })
    .await;
    let good = token("ann");
    // Of this only the signature is wrong.
    let bad = format!("{}x", &good[..good.len() - 1]);
    for token in [&good, &bad] {
        for (path, more) in [
            (format!("/ws?token={token}"), String::new()),
            (
                "/ws".to_owned(),
                format!("Authorization: Bearer {token}\r\n"),
            ),
            (
                "/ws".to_owned(),
                format!("Sec-WebSocket-Protocol: token, {token}\r\n"),
            ),
            (
                "/ws".to_owned(),
                format!("Cookie: session={token}\r\nOrigin: http://localhost\r\n"),
            ),
            (format!("/nowhere?token={token}"), String::new()),
        ] {
            let mut client = knock(&app, &path, &more).await;
            if *token == good && path != format!("/nowhere?token={token}") {
                for text in [
                    json!({"event": "say", "payload": PAYLOAD}).to_string(),
                    json!({"event": "fail", "payload": PAYLOAD, "id": 1}).to_string(),
                    json!({"event": "nobody", "payload": PAYLOAD}).to_string(),
                    json!({"event": "orcs:auth", "payload": {"token": bad}}).to_string(),
                    json!({"event": "orcs:auth", "payload": {"token": good}}).to_string(),
                    format!("{PAYLOAD} is no envelope"),
                ] {
                    client.send_text(&text).await;
                }
                client.text().await;
            }
        }
    }
    let described = format!("{:?} {:?}", app.server, app.manager);
    app.stop().await;
    let text = log.text() + &described;
    assert!(
        text.contains("token refused"),
        "something was logged:\n{text}"
    );
    assert!(text.contains("handler failed"), "{text}");
    let (_, signed) = good.split_once('.').expect("header.claims.signature");
    let (claims, signature) = signed.split_once('.').expect("claims.signature");
    for secret in [claims, &signature[..20], SECRET, PAYLOAD] {
        assert!(!text.contains(secret), "`{secret}` is in the log:\n{text}");
    }
}
