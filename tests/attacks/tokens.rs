//! Tokens that nobody signed, that are over, or that somebody has lost.

use crate::common::raw::{CLOSE, FIN, RawClient, TEXT, masked, upgrade_request};
use crate::common::{SECRET, token};
use crate::kit::{Attack, MIB};
use crate::server::PRIVATE;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64, Engine};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use std::time::{SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("1970 is over").as_secs()
}

fn claims() -> Value {
    json!({"sub": "ann", "exp": now() + 3600})
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64.encode(part.to_string()));
    format!("{header}.{claims}")
}

/// A token with a header of the attacker's own.
fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let text = unsigned(header, claims);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()))
}

fn signed_hs512(claims: &Value) -> String {
    let text = unsigned(&json!({"alg": "HS512"}), claims);
    let mut mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()))
}

fn hs256(claims: &Value) -> String {
    signed(&json!({"alg": "HS256", "typ": "JWT"}), claims, SECRET)
}

async fn knock(attack: &Attack, token: &str) -> RawClient {
    let path = format!("{PRIVATE}?token={token}");
    let (client, answer) = attack.knock(&path, "").await;
    assert_eq!(answer.status, 101, "{answer:?}");
    client
}

async fn is_let_in(client: &mut RawClient, name: &str) {
    client.send_text(r#"{"event":"whoami","id":1}"#).await;
    let answer = format!(r#"{{"event":"orcs:ack","payload":"{name}","id":1}}"#);
    assert_eq!(client.text().await, answer);
}

#[tokio::test]
async fn tokens_that_are_none_are_closed_with_4401() {
    let attack = Attack::begin("tokens that are none", &[]).await;
    let good = hs256(&claims());
    let (text, signature) = good.rsplit_once('.').expect("three parts");
    let none = |alg: &str| unsigned(&json!({"alg": alg, "typ": "JWT"}), &claims());
    let with = |more: Value| {
        let mut header = json!({"alg": "HS256"});
        header
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        header
    };
    let kid = with(json!({"kid": "../../../../../../dev/null"}));
    let sql = with(json!({"kid": "x' UNION SELECT 'secret'--"}));
    let jku = with(json!({"jku": "http://127.0.0.1:9/jwks.json", "x5u": "http://127.0.0.1:9/x"}));
    let jwk = with(json!({"jwk": {"kty": "oct", "k": BASE64.encode("own")}}));
    let crit = with(json!({"crit": ["b64"], "b64": false}));
    for (what, token) in [
        ("garbage", "a.b.c".to_owned()),
        ("dots", "....".to_owned()),
        ("two parts", text.to_owned()),
        ("four parts", format!("{good}.x")),
        ("no signature", format!("{text}.")),
        ("cut", good[..good.len() - 1].to_owned()),
        ("padded", format!("{good}=")),
        ("alg none", format!("{}.", none("none"))),
        ("alg None", format!("{}.", none("None"))),
        ("alg none, signed", format!("{}.{signature}", none("none"))),
        ("no alg", signed(&json!({"typ": "JWT"}), &claims(), SECRET)),
        (
            "alg RS256, signed by HMAC",
            signed(&json!({"alg": "RS256"}), &claims(), SECRET),
        ),
        (
            "alg EdDSA, signed by HMAC",
            signed(&json!({"alg": "EdDSA"}), &claims(), SECRET),
        ),
        ("alg ES256, empty", format!("{}.", none("ES256"))),
        ("HS512", signed_hs512(&claims())),
        (
            "another secret",
            signed(
                &with(json!({})),
                &claims(),
                "another secret of 32 bytes or more",
            ),
        ),
        ("no secret", signed(&with(json!({})), &claims(), "")),
        ("kid of an empty file", signed(&kid, &claims(), "")),
        ("kid of a query", signed(&sql, &claims(), "secret")),
        ("jku", signed(&jku, &claims(), "own")),
        ("jwk", signed(&jwk, &claims(), "own")),
        ("crit", signed(&crit, &claims(), SECRET)),
        ("no exp", hs256(&json!({"sub": "ann"}))),
        (
            "exp as text",
            hs256(&json!({"sub": "ann", "exp": "4000000000"})),
        ),
        ("exp null", hs256(&json!({"sub": "ann", "exp": null}))),
        (
            "exp a list",
            hs256(&json!({"sub": "ann", "exp": [4_000_000_000_u64]})),
        ),
        ("exp negative", hs256(&json!({"sub": "ann", "exp": -1}))),
        ("run out", hs256(&json!({"sub": "ann", "exp": now() - 10}))),
        (
            "nbf as text",
            hs256(&json!({"sub": "ann", "exp": now() + 60, "nbf": "0"})),
        ),
        (
            "not valid yet",
            hs256(&json!({"sub": "ann", "exp": now() + 60, "nbf": now() + 30})),
        ),
        ("claims that are none", {
            let text = format!(
                "{}.{}",
                BASE64.encode(r#"{"alg":"HS256"}"#),
                BASE64.encode("[]")
            );
            format!("{text}.{signature}")
        }),
        (
            "without the claim that the route reads",
            hs256(&json!({"exp": now() + 60})),
        ),
        (
            "longer than 8 KiB",
            hs256(&json!({"sub": "ann", "exp": now() + 60, "pad": "x".repeat(8 << 10)})),
        ),
    ] {
        let mut client = knock(&attack, &token).await;
        // Who is let in is answered.
        client.send_text(r#"{"event":"whoami","id":1}"#).await;
        let frame = client.frame().await;
        assert_eq!(frame.first, FIN | CLOSE, "{what}: {frame:?}");
        assert_eq!(frame.close(), (4401, "Unauthorized".to_owned()), "{what}");
    }
    let mut client = attack.connect(PRIVATE).await;
    assert_eq!(client.closed().await.0, 4401, "no token");
    is_let_in(&mut knock(&attack, &good).await, "ann").await;
    attack.ends("4401", 4 * MIB).await;
}

#[tokio::test]
async fn a_flood_of_wrong_tokens_keeps_nobody_out() {
    let attack = Attack::begin("1,000 wrong tokens", &[]).await;
    let wrong = signed(
        &json!({"alg": "HS256"}),
        &claims(),
        "another secret of 32 bytes or more",
    );
    for _ in 0..1000 {
        assert_eq!(knock(&attack, &wrong).await.closed().await.0, 4401);
    }
    is_let_in(&mut knock(&attack, &token("ann")).await, "ann").await;
    attack.ends("4401", 4 * MIB).await;
}

#[tokio::test]
async fn a_refusal_by_http_is_a_401() {
    let attack = Attack::begin("wrong tokens, told by HTTP", &[("WS_REJECT", "http")]).await;
    for path in [PRIVATE.to_owned(), format!("{PRIVATE}?token=a.b.c")] {
        let (_client, answer) = attack.knock(&path, "").await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("sec-websocket-accept"), None);
    }
    attack.ends("401", 4 * MIB).await;
}

#[tokio::test]
async fn who_is_not_let_in_is_not_heard() {
    let attack = Attack::begin("a flood behind a wrong token", &[]).await;
    for _ in 0..20 {
        let mut client = attack.tcp().await;
        let mut bytes = upgrade_request(&format!("{PRIVATE}?token=a.b.c"), "").into_bytes();
        let whoami = br#"{"event":"whoami","id":1}"#;
        let whoami = masked(FIN | TEXT, whoami);
        bytes.extend(whoami.repeat(10_000));
        client.send(bytes).await;
        assert_eq!(client.answer().await.expect("an answer").status, 101);
        assert_eq!(client.closed().await.0, 4401, "and no word before");
    }
    attack.ends("4401", 4 * MIB).await;
}

#[tokio::test]
async fn a_token_that_runs_out_is_closed_with_4440() {
    let settings = [("WS_AUTH_GRACE", "1s")];
    let attack = Attack::begin("20 tokens run out", &settings).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let short = hs256(&json!({"sub": "ann", "exp": now() + 2}));
        let mut client = knock(&attack, &short).await;
        is_let_in(&mut client, "ann").await;
        // Nobody else's token will do, nor one that is over.
        for wrong in [
            token("bob"),
            hs256(&json!({"sub": "ann", "exp": now() - 60})),
            "a.b.c".to_owned(),
        ] {
            let renew = json!({"event": "orcs:auth", "payload": {"token": wrong}});
            client.send_text(&renew.to_string()).await;
            let error: Value = serde_json::from_str(&client.text().await).expect("JSON");
            assert_eq!(error["event"], "error", "{error}");
        }
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.closed().await.0, 4440);
    }
    attack.ends("4440", 4 * MIB).await;
}

#[tokio::test]
async fn who_is_banned_is_out_everywhere_at_once() {
    let attack = Attack::begin("a ban of a user with 50 sockets", &[]).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = knock(&attack, &token("mallory")).await;
        is_let_in(&mut client, "mallory").await;
        clients.push(client);
    }
    let mut other = knock(&attack, &token("ann")).await;
    let request = "GET /kick/mallory/4403/banned HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(attack.ask(request).await.body, "50");
    for client in &mut clients {
        assert_eq!(client.closed().await, (4403, "banned".to_owned()));
    }
    is_let_in(&mut other, "ann").await;
    drop((clients, other));
    attack.ends("4403", 4 * MIB).await;
}
