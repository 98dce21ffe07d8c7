//! What a route and its clients agree to speak: exactly one of what was offered, or nothing.

mod common;

use common::raw::{Answer, RawClient, upgrade_request};
use common::{App, start, token};
use orcs::prelude::*;
use orcs::{Config, testing};

fn chat() -> Route {
    ws("/ws")
        .subprotocols(["chat.v2", "chat.v1"])
        .connect(async |client| client.send("speaking", &client.subprotocol()))
}

async fn offer(app: &App, path: &str, lines: &str) -> (Answer, RawClient) {
    let mut client = RawClient::tcp(app.address).await;
    let answer = client.request(&upgrade_request(path, lines)).await;
    (answer, client)
}

#[tokio::test]
async fn the_clients_first_offer_that_is_known_is_echoed_alone() {
    let app = start(chat()).await;
    for (lines, echoed) in [
        (
            "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n",
            Some("chat.v1"),
        ),
        (
            "Sec-WebSocket-Protocol: chat.v9, chat.v2, chat.v1\r\n",
            Some("chat.v2"),
        ),
        (
            "Sec-WebSocket-Protocol: chat.v9\r\nSec-WebSocket-Protocol: chat.v1\r\n",
            Some("chat.v1"),
        ),
        ("Sec-WebSocket-Protocol: chat.v9\r\n", None),
        ("Sec-WebSocket-Protocol: CHAT.V1\r\n", None),
        ("", None),
    ] {
        let (answer, mut client) = offer(&app, "/ws", lines).await;
        assert_eq!(answer.status, 101, "{lines}");
        assert_eq!(answer.header("sec-websocket-protocol"), echoed, "{lines}");
        let expected = serde_json::json!({"event": "speaking", "payload": echoed});
        assert_eq!(client.text().await, expected.to_string());
    }
}

#[tokio::test]
async fn a_token_beside_the_offers_is_neither_echoed_nor_taken_for_one() {
    #[derive(Deserialize)]
    struct User {
        sub: String,
    }
    let private = ws("/private")
        .auth::<User>()
        .subprotocols(["chat.v1"])
        .connect(async |client| {
            client.send("who", &(&client.data().sub, client.subprotocol()));
        });
    let app = start(Routes::new().add(chat()).add(private)).await;
    let token = token("ann");
    for (offers, echoed, told) in [
        (
            format!("token, {token}, chat.v1"),
            "chat.v1",
            r#"["ann","chat.v1"]"#,
        ),
        (
            format!("chat.v1, token, {token}"),
            "chat.v1",
            r#"["ann","chat.v1"]"#,
        ),
        (format!("token, {token}"), "token", r#"["ann",null]"#),
    ] {
        let line = format!("Sec-WebSocket-Protocol: {offers}\r\n");
        let (answer, mut client) = offer(&app, "/private", &line).await;
        assert_eq!(answer.header("sec-websocket-protocol"), Some(echoed));
        let expected = format!(r#"{{"event":"who","payload":{told}}}"#);
        assert_eq!(client.text().await, expected);
    }
    for (offers, echoed) in [
        ("orcs-token-abc, chat.v1", Some("chat.v1")),
        ("candy-token-abc", Some("candy-token-abc")),
        ("odac-token-abc, chat.v9", None),
        ("token, chat.v1", Some("token")),
    ] {
        let line = format!("Sec-WebSocket-Protocol: {offers}\r\n");
        let (answer, _client) = offer(&app, "/ws", &line).await;
        assert_eq!(answer.header("sec-websocket-protocol"), echoed, "{offers}");
    }
}

#[tokio::test]
async fn who_must_speak_one_and_offers_none_is_answered_with_400_before_the_upgrade() {
    let app = start(chat().require_subprotocol()).await;
    for lines in [
        "",
        "Sec-WebSocket-Protocol: chat.v9\r\n",
        "Sec-WebSocket-Protocol: token, chat.v2\r\n",
    ] {
        let (answer, _client) = offer(&app, "/ws", lines).await;
        assert_eq!(answer.status, 400, "{lines}");
        assert!(answer.body.contains("chat.v2, chat.v1"), "{}", answer.body);
    }
    let (answer, _client) = offer(&app, "/ws", "Sec-WebSocket-Protocol: chat.v1\r\n").await;
    assert_eq!(answer.status, 101);
}

#[tokio::test]
async fn a_route_without_subprotocols_echoes_none() {
    let app = start(ws("/ws")).await;
    let (answer, _client) = offer(&app, "/ws", "Sec-WebSocket-Protocol: chat.v1\r\n").await;
    assert_eq!(
        (answer.status, answer.header("sec-websocket-protocol")),
        (101, None)
    );
}

#[tokio::test]
async fn names_that_cannot_be_agreed_on_stop_the_start() {
    for (route, expected) in [
        (
            ws("/ws").subprotocols(["chat v1"]),
            "/ws: `chat v1` is not a subprotocol",
        ),
        (
            ws("/ws").subprotocols(["a", "a"]),
            "/ws: the subprotocol `a` stands there twice",
        ),
        (ws("/ws").subprotocols(["token"]), "carries a token"),
        (
            ws("/ws").subprotocols(["orcs.v1"]),
            "/ws: the subprotocol `orcs.v1`: names that begin with `orcs.` are reserved",
        ),
        (
            ws("/ws").require_subprotocol(),
            "(example: `.subprotocols([\"chat.v1\"])`)",
        ),
    ] {
        let mut config = Config::default();
        config.port = 0;
        let started = orcs::App::new(config, route).start().await;
        let why = started.expect_err(expected).to_string();
        assert!(why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn the_kit_offers_subprotocols_and_tokens() {
    let route = ws("/ws")
        .auth_optional::<serde_json::Value>()
        .subprotocols(["chat.v2", "chat.v1"])
        .connect(async |client| {
            let user = client.user().map(str::to_owned);
            client.send("speaking", &(client.subprotocol(), user));
        });
    let app = testing::start(route).await;
    let token = app.token(&serde_json::json!({"sub": "ann"}));
    let mut client = app
        .connect_offering("/ws", &["token", &token, "chat.v9", "chat.v1"])
        .await;
    assert_eq!(client.subprotocol(), Some("chat.v1"));
    let told: (String, String) = client.expect("speaking").await;
    assert_eq!(told, ("chat.v1".to_owned(), "ann".to_owned()));
    assert_eq!(app.connect("/ws").await.subprotocol(), None);
}

#[tokio::test]
#[should_panic(expected = "this socket speaks the subprotocols chat.v2, chat.v1")]
async fn the_kit_refuses_who_must_offer_one() {
    let app = testing::start(chat().require_subprotocol()).await;
    app.connect("/ws").await;
}
