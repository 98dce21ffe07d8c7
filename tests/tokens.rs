//! How the settings decide which tokens open a private route, and what an app reads of a token
//! that it judges itself.

mod common;

use common::raw::{RawClient, upgrade_request};
use common::start_with;
use orcs::auth::{Algorithm, sign, sign_with};
use orcs::prelude::*;
use orcs::{App, Config, Secret, testing};
use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn private() -> Route<Value> {
    ws("/private").auth::<Value>()
}

#[tokio::test]
async fn a_token_is_signed_as_the_settings_say_and_for_whom() {
    let app = testing::start_app(|mut config| {
        config.jwt_algorithm = Algorithm::HS512;
        config.jwt_secret = Some(Secret::new(SECRET));
        config.jwt_issuer = Some("https://login.example".to_owned());
        config.jwt_audience = Some("my-app".to_owned());
        App::new(config, private())
    })
    .await;
    app.connect_as("/private", &json!({}))
        .await
        .expect_nothing()
        .await;
    let good = json!({"exp": 4_000_000_000_u64, "iss": "https://login.example", "aud": "my-app"});
    let without = |claim: &str| {
        let mut claims = good.clone();
        claims[claim] = "another".into();
        claims
    };
    let hs512 = |claims: &Value| sign_with(Algorithm::HS512, claims, SECRET).unwrap();
    let mut client = app
        .connect(&format!("/private?token={}", hs512(&good)))
        .await;
    client.expect_nothing().await;
    for (why, token) in [
        ("another issuer", hs512(&without("iss"))),
        ("another audience", hs512(&without("aud"))),
        ("another algorithm", sign(&good, SECRET).unwrap()),
    ] {
        let mut client = app.connect(&format!("/private?token={token}")).await;
        assert_eq!(client.expect_close().await.code, 4401, "{why}");
    }
}

async fn why_it_does_not_start(change: impl FnOnce(&mut Config)) -> String {
    let mut config = Config::default();
    config.port = 0;
    change(&mut config);
    let started = App::new(config, private()).start().await;
    started.expect_err("it starts").to_string()
}

#[tokio::test]
async fn a_private_route_without_a_key_says_which_is_missing() {
    let error = why_it_does_not_start(|_| {}).await;
    assert!(
        error.starts_with("/private requires a token, but JWT_SECRET is not set; "),
        "{error}"
    );
    let error = why_it_does_not_start(|config| {
        config.jwt_algorithm = Algorithm::EdDSA;
        config.jwt_secret = Some(Secret::new(SECRET));
    })
    .await;
    assert!(
        error.starts_with(
            "/private requires a token, but neither JWT_PUBLIC_KEY_FILE nor JWT_JWKS_URL is set"
        ) && error.contains("`JWT_PUBLIC_KEY_FILE=`"),
        "{error}"
    );
}

/// Also when no route asks for a token: a token that comes would be read with it.
#[tokio::test]
async fn a_key_that_does_not_work_stops_the_start_anyway() {
    let mut config = Config::default();
    config.port = 0;
    config.jwt_algorithm = Algorithm::EdDSA;
    config.jwt_public_key_file = Some("Cargo.toml".into());
    let started = App::new(config, ws("/open")).start().await;
    let error = started.expect_err("it starts").to_string();
    assert!(
        error.starts_with("JWT_PUBLIC_KEY_FILE: `Cargo.toml` is no PEM"),
        "{error}"
    );
}

#[tokio::test]
async fn an_app_reads_the_token_that_was_shown_and_never_a_cookies() {
    let route = ws("/ws")
        .csrf(false)
        .admit(async |request| Ok(request.token().map(str::to_owned)))
        .connect(async |client| client.send("token", client.data()));
    let app = start_with(route, |config| {
        config.auth_cookie = Some("session".to_owned());
    })
    .await;
    let jwt = common::token("ann");
    let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let offer = |token: &str| format!("Sec-WebSocket-Protocol: token, {token}\r\n");
    let cookie = |token: &str| format!("Cookie: session={token}\r\nOrigin: http://localhost\r\n");
    let of_query = |token: &str| format!("/ws?a=b&token={token}&c");
    for (path, lines, expected) in [
        (of_query("a-key"), String::new(), Some("a-key")),
        (of_query(&jwt), String::new(), Some(&*jwt)),
        ("/ws".to_owned(), bearer("a-key"), Some("a-key")),
        ("/ws".to_owned(), bearer(&jwt), Some(&*jwt)),
        ("/ws".to_owned(), offer("a-key"), Some("a-key")),
        ("/ws".to_owned(), offer(&jwt), Some(&*jwt)),
        (of_query("first"), bearer("second"), Some("first")),
        (of_query("a-key"), cookie(&jwt), Some("a-key")),
        ("/ws".to_owned(), cookie(&jwt), None),
        (of_query(""), cookie(&jwt), None),
        ("/ws".to_owned(), cookie("a-key"), None),
        ("/ws".to_owned(), String::new(), None),
    ] {
        let mut client = RawClient::tcp(app.address).await;
        let answer = client.request(&upgrade_request(&path, &lines)).await;
        assert_eq!(answer.status, 101, "{path} {lines}");
        let told: Value = serde_json::from_str(&client.text().await).unwrap();
        let expected = json!({"event": "token", "payload": expected});
        assert_eq!(told, expected, "{path} {lines}");
    }
}
