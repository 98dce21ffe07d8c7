//! Who gets in, and how everybody else is told why not.

mod common;
#[path = "../routes/mod.rs"]
mod routes;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use common::raw::{Answer, RawClient, upgrade_request};
use common::{App, SECRET, config, start, start_with, within};
use orcs::Config;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv6Addr, TcpListener};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_tungstenite::connect_async;

async fn app() -> App {
    start(routes::all()).await
}

/// One request on a connection of its own.
async fn ask(app: &App, request: &str) -> Answer {
    RawClient::tcp(app.address).await.request(request).await
}

/// The RFC's request with one line changed; an empty `new` takes it away.
fn changed(old: &str, new: &str) -> String {
    let request = upgrade_request("/ws/echo", "");
    let line = format!("{old}\r\n");
    assert!(request.contains(&line), "{old}");
    let new = if new.is_empty() {
        String::new()
    } else {
        format!("{new}\r\n")
    };
    request.replace(&line, &new)
}

const KEY_LINE: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const VERSION_LINE: &str = "Sec-WebSocket-Version: 13";

#[tokio::test]
async fn the_key_of_the_rfc_gets_the_answer_of_the_rfc() {
    let app = app().await;
    let answer = ask(&app, &upgrade_request("/ws/echo", "")).await;
    assert_eq!(answer.status, 101);
    assert_eq!(
        answer.header("sec-websocket-accept"),
        Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("connection"), Some("Upgrade"));
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    assert_eq!(answer.header("sec-websocket-extensions"), None);
}

#[tokio::test]
async fn header_names_and_lists_are_read_in_any_case_and_order() {
    let app = app().await;
    let request = "GET /ws/echo?x=1 HTTP/1.1\r\nsec-websocket-version:13\r\nUPGRADE: WebSocket\r\n\
        sec-websocket-key:   dGhlIHNhbXBsZSBub25jZQ==  \r\nconnection: keep-alive, upgrade\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\nhost: localhost\r\n\r\n";
    assert_eq!(ask(&app, request).await.status, 101);
}

#[tokio::test]
async fn a_plain_get_is_told_to_upgrade() {
    let app = app().await;
    let answer = ask(&app, "GET /ws/echo HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(answer.status, 426);
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert!(answer.body.contains("WebSocket"), "{}", answer.body);
}

#[tokio::test]
async fn only_get_opens_a_socket() {
    let app = app().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = upgrade_request("/ws/echo", "").replace("GET ", &format!("{method} "));
        let answer = ask(&app, &request).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET"));
    }
    let post = "POST /ws/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(ask(&app, post).await.status, 405);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let app = app().await;
    for path in [
        "/nowhere",
        "/ws",
        "/ws/echo/",
        "/ws//echo",
        "/ws/%65cho",
        "/WS/echo",
    ] {
        assert_eq!(
            ask(&app, &upgrade_request(path, "")).await.status,
            404,
            "{path}"
        );
        let plain = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(ask(&app, &plain).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_16_bytes_is_a_bad_request() {
    let app = app().await;
    let long = format!("Sec-WebSocket-Key: {}", "A".repeat(4096));
    for key in [
        "",
        "Sec-WebSocket-Key:",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSEh",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        &long,
    ] {
        let answer = ask(&app, &changed(KEY_LINE, key)).await;
        assert_eq!(answer.status, 400, "{key:.60}");
        assert!(answer.body.contains("Sec-WebSocket-Key"), "{}", answer.body);
    }
}

#[tokio::test]
async fn another_version_is_told_ours() {
    let app = app().await;
    for version in [
        "",
        "Sec-WebSocket-Version: 12",
        "Sec-WebSocket-Version: 8, 13",
    ] {
        let answer = ask(&app, &changed(VERSION_LINE, version)).await;
        assert_eq!(answer.status, 426, "{version}");
        assert_eq!(answer.header("sec-websocket-version"), Some("13"));
    }
}

#[tokio::test]
async fn every_426_names_what_to_upgrade_to() {
    let app = app().await;
    let version = changed(VERSION_LINE, "Sec-WebSocket-Version: 12");
    let plain = "GET /ws/echo HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    for request in [plain, version] {
        let answer = ask(&app, &request).await;
        assert_eq!(answer.status, 426);
        assert_eq!(answer.header("upgrade"), Some("websocket"), "{request}");
        assert_eq!(answer.header("connection"), Some("Upgrade"), "{request}");
    }
}

#[tokio::test]
async fn a_request_that_http_1_1_forbids_is_a_bad_one() {
    let app = app().await;
    let old = upgrade_request("/ws/echo", "").replace("HTTP/1.1", "HTTP/1.0");
    assert_eq!(ask(&app, &old).await.status, 400, "HTTP/1.0");
    for host in ["", "Host: a\r\nHost: b"] {
        assert_eq!(
            ask(&app, &changed("Host: localhost", host)).await.status,
            400,
            "{host}"
        );
    }
    let no_upgrade = changed("Connection: Upgrade", "Connection: keep-alive");
    assert_eq!(ask(&app, &no_upgrade).await.status, 400);
    let nul = changed(KEY_LINE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\0");
    assert_eq!(ask(&app, &nul).await.status, 400, "NUL");
}

#[tokio::test]
async fn the_token_protocol_is_echoed_and_never_the_token() {
    let app = app().await;
    for path in ["/ws/echo", "/ws/private"] {
        for token in [token(SECRET), "not.a.token".to_owned()] {
            for offer in [
                format!("Sec-WebSocket-Protocol: token, {token}\r\n"),
                format!("Sec-WebSocket-Protocol: token\r\nSec-WebSocket-Protocol: {token}\r\n"),
                format!("Sec-WebSocket-Protocol: chat, token, {token}\r\n"),
            ] {
                let answer = ask(&app, &upgrade_request(path, &offer)).await;
                assert_eq!(answer.status, 101, "{offer}");
                assert_eq!(answer.header("sec-websocket-protocol"), Some("token"));
                assert!(!answer.text().contains(&token), "{}", answer.text());
            }
        }
    }
    let answer = ask(
        &app,
        &upgrade_request("/ws/echo", "Sec-WebSocket-Protocol: chat\r\n"),
    )
    .await;
    assert_eq!(answer.header("sec-websocket-protocol"), None);
}

#[tokio::test]
async fn an_abuse_of_subprotocols_is_a_bad_request() {
    let app = app().await;
    for offer in [
        ["p"; 17].join(","),
        "a b".to_owned(),
        "a,,b".to_owned(),
        "\"a\"".to_owned(),
    ] {
        let line = format!("Sec-WebSocket-Protocol: {offer}\r\n");
        assert_eq!(
            ask(&app, &upgrade_request("/ws/echo", &line)).await.status,
            400,
            "{offer}"
        );
    }
}

#[tokio::test]
async fn too_many_or_too_large_headers_are_431() {
    let app = app().await;
    let many = "X: y\r\n".repeat(200);
    assert_eq!(
        ask(&app, &upgrade_request("/ws/echo", &many)).await.status,
        431
    );
    let large = format!("X: {}\r\n", "y".repeat(20_000));
    assert_eq!(
        ask(&app, &upgrade_request("/ws/echo", &large)).await.status,
        431
    );
    let enough = "X: y\r\n".repeat(90);
    assert_eq!(
        ask(&app, &upgrade_request("/ws/echo", &enough))
            .await
            .status,
        101
    );
}

#[tokio::test]
async fn who_does_not_finish_a_header_is_hung_up_on() {
    let app = start_with(routes::all(), |config| {
        config.header_timeout = Duration::from_millis(300);
    })
    .await;
    let mut silent = RawClient::tcp(app.address).await;
    let mut slow = RawClient::tcp(app.address).await;
    slow.send("GET /ws/echo HTTP/1.1\r\nHost: loc").await;
    let mut steady = RawClient::tcp(app.address).await;
    within(async {
        // A byte now and then does not buy more time.
        for byte in upgrade_request("/ws/echo", "X: y\r\n").bytes().cycle() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if tokio::io::AsyncWriteExt::write_all(&mut steady.stream, &[byte])
                .await
                .is_err()
            {
                break;
            }
        }
    })
    .await;
    silent.ended().await;
    slow.ended().await;
    app.empties().await;
}

#[tokio::test]
async fn an_open_socket_outlives_the_header_timeout() {
    let app = start_with(routes::all(), |config| {
        config.header_timeout = Duration::from_millis(500);
    })
    .await;
    let mut client = app.connect("/ws/echo").await;
    // Who came behind it and says nothing has had its time.
    RawClient::tcp(app.address).await.ended().await;
    client.emit("message", json!({"text": "still here"})).await;
    assert_eq!(client.expect("message").await["text"], "still here");
}

/// Claims of somebody whose token runs out in an hour.
fn claims() -> Value {
    json!({"sub": "ann", "exp": now() + 3600})
}

fn token(secret: &str) -> String {
    orcs::auth::sign(&claims(), secret).expect("claims are JSON")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("1970 is over").as_secs()
}

#[tokio::test]
async fn a_private_route_accepts_and_closes_with_4401_without_a_valid_token() {
    let app = app().await;
    let sign = |claims: Value| orcs::auth::sign(&claims, SECRET).unwrap();
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let good = token(SECRET);
    let (_, body_and_signature) = good.split_once('.').unwrap();
    let none = part(json!({"alg": "none", "typ": "JWT"}));
    let unsigned = format!("{none}.{}.", part(claims()));
    let none_with_a_signature = format!("{none}.{body_and_signature}");
    for (why, token) in [
        ("no token", ""),
        ("no token at all", "garbage"),
        ("run out", &sign(json!({"sub": "ann", "exp": now() - 60}))),
        ("without an end", &sign(json!({"sub": "ann"}))),
        (
            "an end of a wrong type",
            &sign(json!({"sub": "ann", "exp": "2100"})),
        ),
        (
            "not valid yet",
            &sign(json!({"sub": "ann", "exp": now() + 60, "nbf": now() + 30})),
        ),
        (
            "without the claim the route reads",
            &sign(json!({"exp": now() + 60})),
        ),
        (
            "another secret",
            &token("another secret of 32 bytes or more"),
        ),
        ("alg none", &unsigned),
        ("alg none with a signature", &none_with_a_signature),
        ("cut", &good[..good.len() - 1]),
        (
            "too long",
            &sign(json!({"sub": "ann", "exp": now() + 60, "pad": "x".repeat(9000)})),
        ),
    ] {
        let mut client = RawClient::tcp(app.address).await;
        let request = upgrade_request(&format!("/ws/private?token={token}"), "");
        assert_eq!(client.request(&request).await.status, 101, "{why}");
        assert_eq!(
            client.closed().await,
            (4401, "Unauthorized".to_owned()),
            "{why}"
        );
    }
    assert_eq!(app.manager.get_stats().connections, 0);
}

#[tokio::test]
async fn who_is_not_let_in_is_not_heard() {
    let app = app().await;
    let mut client = RawClient::tcp(app.address).await;
    let mut bytes = upgrade_request("/ws/private", "").into_bytes();
    let whoami = br#"{"event":"whoami","id":1}"#;
    bytes.extend(common::raw::masked(0x81, whoami));
    client.send(bytes).await;
    assert_eq!(client.answer().await.unwrap().status, 101);
    assert_eq!(client.closed().await.0, 4401);
    drop(client);
    app.empties().await;
}

#[tokio::test]
async fn a_token_is_taken_from_the_query_the_header_or_the_subprotocol() {
    let app = app().await;
    let token = token(SECRET);
    for (path, line) in [
        (format!("/ws/private?token={token}"), String::new()),
        (format!("/ws/private?a=b&token={token}&c"), String::new()),
        (
            "/ws/private".to_owned(),
            format!("Authorization: Bearer {token}\r\n"),
        ),
        (
            "/ws/private".to_owned(),
            format!("authorization: bearer {token}\r\n"),
        ),
        (
            "/ws/private".to_owned(),
            format!("Sec-WebSocket-Protocol: token, {token}\r\n"),
        ),
        (
            "/ws/private?token=".to_owned(),
            format!("Sec-WebSocket-Protocol: token,{token}\r\n"),
        ),
    ] {
        let mut client = RawClient::tcp(app.address).await;
        let answer = client.request(&upgrade_request(&path, &line)).await;
        assert_eq!(answer.status, 101);
        client.send_text(r#"{"event":"whoami","id":1}"#).await;
        assert_eq!(
            client.text().await,
            r#"{"event":"orcs:ack","payload":"ann","id":1}"#,
            "{path} {line}"
        );
    }
}

#[tokio::test]
async fn the_first_place_that_holds_a_token_counts() {
    let app = app().await;
    let mut client = RawClient::tcp(app.address).await;
    let line = format!("Authorization: Bearer {}\r\n", token(SECRET));
    let request = upgrade_request("/ws/private?token=garbage", &line);
    assert_eq!(client.request(&request).await.status, 101);
    assert_eq!(client.closed().await.0, 4401);
}

#[tokio::test]
async fn of_two_authorization_headers_none_counts() {
    let app = app().await;
    let good = format!("Authorization: Bearer {}\r\n", token(SECRET));
    let other = "Authorization: Basic YTpi\r\n";
    for headers in [format!("{good}{other}"), format!("{other}{good}")] {
        let mut client = RawClient::tcp(app.address).await;
        let request = upgrade_request("/ws/private", &headers);
        assert_eq!(client.request(&request).await.status, 101);
        assert_eq!(client.closed().await.0, 4401, "{headers}");
    }
}

#[tokio::test]
async fn what_a_proxy_might_read_differently_is_refused() {
    let app = app().await;
    for headers in [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n",
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\n{headers}\r\n0\r\n\r\n");
        assert_eq!(ask(&app, &request).await.status, 400, "{headers}");
    }
}

#[tokio::test]
async fn http_routes_answer_beside_the_sockets() {
    let app = app().await;
    let _client = app.connect("/ws/echo").await;
    let mut http = RawClient::tcp(app.address).await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(http.request(&get("/healthz")).await.body, "ok");
    // The same connection takes the next request.
    let stats = http.request(&get("/stats")).await;
    assert_eq!(stats.status, 200);
    assert!(
        stats
            .body
            .starts_with(r#"{"connections":1,"rooms":0,"averageRoomSize":0.0"#),
        "{}",
        stats.body
    );
    let info = http.request(&get("/rooms/general/info")).await;
    assert_eq!(info.body, r#"{"room":"general","connections":0}"#);
    // And may become a socket after all.
    assert_eq!(
        http.request(&upgrade_request("/ws/echo", "")).await.status,
        101
    );
    http.send_text(r#"{"event":"message","payload":{"text":"hi"}}"#)
        .await;
    assert_eq!(
        http.text().await,
        r#"{"event":"message","payload":{"text":"hi"}}"#
    );
}

#[tokio::test]
async fn an_upgrade_with_a_body_is_a_bad_request() {
    let app = app().await;
    let chunked = "Transfer-Encoding: chunked\r\n";
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    for (line, body) in [
        ("Content-Length: 5\r\n", "hello"),
        (chunked, "5\r\nhello\r\n0\r\n\r\n"),
        (both, "5\r\nhello\r\n0\r\n\r\n"),
    ] {
        let request = upgrade_request("/ws/echo", line) + body;
        assert_eq!(ask(&app, &request).await.status, 400, "{line}");
    }
}

#[tokio::test]
async fn an_upgrade_may_say_that_it_has_no_body() {
    let app = app().await;
    let request = upgrade_request("/ws/echo", "Content-Length: 0\r\n");
    assert_eq!(ask(&app, &request).await.status, 101);
    let twice = upgrade_request("/ws/echo", "Content-Length: 5\r\nContent-Length: 6\r\n");
    assert_eq!(ask(&app, &twice).await.status, 400);
}

#[tokio::test]
async fn both_loopback_addresses_answer_with_the_default_host() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        println!("skipped: this machine has no IPv6");
        return;
    }
    let config = config(|config| config.host = Config::default().host);
    let app = App::start(orcs::App::new(config, routes::all())).await;
    let addresses = app.server.addresses();
    let hosts: Vec<IpAddr> = addresses.iter().map(|address| address.ip()).collect();
    assert_eq!(
        hosts,
        ["127.0.0.1", "::1"].map(|host| host.parse::<IpAddr>().unwrap())
    );
    assert_eq!(addresses[0].port(), addresses[1].port());
    for address in addresses {
        let url = format!("ws://{address}/ws/echo");
        let opened = within(connect_async(url)).await;
        assert!(opened.is_ok(), "{address}");
    }
    let url = format!("ws://localhost:{}/ws/echo", addresses[0].port());
    assert!(within(connect_async(url)).await.is_ok());
}
