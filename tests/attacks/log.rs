//! What clients say, on its way into the log.

use crate::common::raw::{CLOSE, FIN, TEXT, masked, upgrade_request};
use crate::common::{SECRET, token};
use crate::kit::{Attack, MIB};
use crate::server::{OPEN, PRIVATE};
use serde_json::json;

/// A line that nobody but the server should be able to write, after one that ends here, and
/// words for a terminal.
const FORGED: &str =
    "x\n1999-12-31T23:59:59.000000Z  INFO forged\r\n\u{1b}[2J\u{1b}]0;forged\u{7}\u{9b}31m";

#[tokio::test]
async fn nobody_writes_a_line_of_its_own_into_the_log() {
    let attack = Attack::begin("log injection", &[("LOG_LEVEL", "trace")]).await;
    let mut client = attack.connect(OPEN).await;
    for event in [
        json!({"event": FORGED}),
        json!({"event": FORGED, "id": FORGED}),
        json!({"event": "fail", "payload": FORGED}),
        json!({"event": "complain", "payload": FORGED}),
        json!({"event": "join", "payload": FORGED}),
        json!({"event": "say", "payload": [FORGED, FORGED]}),
        json!({"event": "say", "payload": ["members:1", FORGED]}),
        json!({"event": "orcs:auth", "payload": {"token": FORGED}}),
    ] {
        client.send_text(&event.to_string()).await;
    }
    client.send_text(&json!(FORGED).to_string()).await;
    client
        .send_text(r#"{"event":"echo","payload":1,"id":"last"}"#)
        .await;
    loop {
        if client.text().await.ends_with(r#""id":"last"}"#) {
            break;
        }
    }
    let close = [&4000_u16.to_be_bytes()[..], FORGED.as_bytes()].concat();
    client.send(masked(FIN | CLOSE, &close)).await;
    client.ended().await;
    let percent: String = FORGED.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for (path, line) in [
        (format!("{OPEN}?a={percent}"), String::new()),
        (format!("/{percent}"), String::new()),
        (OPEN.to_owned(), format!("Origin: https://{percent}\r\n")),
        (OPEN.to_owned(), "Origin: https://\u{1b}[2J\r\n".to_owned()),
        (OPEN.to_owned(), "X-Forwarded-For: \u{1b}[2J\r\n".to_owned()),
        (OPEN.to_owned(), "X: \u{9b}31m\r\n".to_owned()),
        (
            PRIVATE.to_owned(),
            format!("Authorization: Bearer {percent}\r\n"),
        ),
    ] {
        attack.ask(&upgrade_request(&path, &line)).await;
    }
    // As a user's name, which a token may hold whatever it is.
    let claims = json!({"sub": FORGED, "exp": 4_000_000_000_u64});
    let token = orcs::auth::sign(&claims, SECRET).expect("claims are JSON");
    let mut known = attack.connect(&format!("{PRIVATE}?token={token}")).await;
    known
        .send(masked(FIN | TEXT, br#"{"event":"whoami","id":1}"#))
        .await;
    known.text().await;
    drop((client, known));

    let needed = ["no handler for event", "handler failed", "disconnected"];
    attack.logs(&needed).await;
    let log = attack.server.log();
    for line in log.lines() {
        assert!(
            line.starts_with("20"),
            "`{}` in:\n{log}",
            line.escape_debug()
        );
    }
    let raw = log.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(raw, None, "{log:?}");
    attack.ends("escaped", 8 * MIB).await;
}

#[tokio::test]
async fn no_token_is_in_the_log() {
    let attack = Attack::begin(
        "tokens on all ways, log at trace",
        &[("LOG_LEVEL", "trace")],
    )
    .await;
    let good = token("ann");
    let bad = format!("{}x", &good[..good.len() - 1]);
    let (_, signed) = good.split_once('.').expect("three parts");
    let (claims, signature) = signed.split_once('.').expect("three parts");
    for token in [&good, &bad] {
        for (path, line) in [
            (format!("{PRIVATE}?token={token}"), String::new()),
            (format!("/nowhere?token={token}"), String::new()),
            (
                PRIVATE.to_owned(),
                format!("Authorization: Bearer {token}\r\n"),
            ),
            (
                PRIVATE.to_owned(),
                format!("Sec-WebSocket-Protocol: token, {token}\r\n"),
            ),
            (
                PRIVATE.to_owned(),
                format!("X: {token}\r\n{}", "X: y\r\n".repeat(200)),
            ),
            (format!("{PRIVATE}?token={token}"), "X: \0\r\n".to_owned()),
        ] {
            let (mut client, answer) = attack.knock(&path, &line).await;
            if answer.status == 101 {
                let renew = json!({"event": "orcs:auth", "payload": {"token": bad}});
                client.send_text(&renew.to_string()).await;
                client.next().await;
            }
            assert!(!answer.text().contains(signature), "{}", answer.text());
        }
    }
    attack.logs(&["token refused"]).await;
    let log = attack.server.log();
    for secret in [claims, &signature[..20], SECRET] {
        assert!(!log.contains(secret), "`{secret}` in:\n{log}");
    }
    attack.ends("in none", 8 * MIB).await;
}
