//! Which pages may open a socket, and what a proxy in front may say.

mod common;

use common::raw::{Answer, RawClient, upgrade_request};
use common::{App, config, start, start_with, token};
use orcs::prelude::*;
use serde_json::Value;

/// Asks the host `server.example` for its socket.
fn request(headers: &[&str]) -> String {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    upgrade_request("/ws", &headers).replace("Host: localhost", "Host: server.example")
}

async fn ask(app: &App, headers: &[&str]) -> Answer {
    let mut client = RawClient::tcp(app.address).await;
    client.request(&request(headers)).await
}

fn address() -> Route {
    ws("/ws").admit(async |request| {
        let (address, is_secure) = (request.address(), request.is_secure());
        Err(Refusal::new(4000, format!("{address} {is_secure}")).into())
    })
}

#[tokio::test]
async fn a_page_of_another_host_is_refused_with_403_before_the_upgrade() {
    let app = start(ws("/ws")).await;
    for origin in [
        "http://server.example",
        "https://server.example",
        "https://SERVER.example:443",
    ] {
        let answer = ask(&app, &[&format!("Origin: {origin}")]).await;
        assert_eq!(answer.status, 101, "{origin}");
    }
    for origin in [
        "https://evil.example",
        "https://server.example.evil.example",
        "https://evil-server.example",
        "https://example.com",
        "https://server.example:8443",
        "https://server.example@evil.example",
        "null",
        "",
        "server.example",
        "https://server.example/",
    ] {
        let answer = ask(&app, &[&format!("Origin: {origin}")]).await;
        assert_eq!(answer.status, 403, "{origin}");
        assert_eq!(answer.header("sec-websocket-accept"), None);
        assert!(
            answer.text().to_lowercase().contains("origin"),
            "{}",
            answer.text()
        );
    }
    let twice = ["Origin: https://server.example"; 2];
    assert_eq!(ask(&app, &twice).await.status, 403);
    assert_eq!(ask(&app, &[]).await.status, 101, "no browser");
}

#[tokio::test]
async fn a_list_replaces_the_own_host() {
    let app = start_with(ws("/ws"), |config| {
        let list = "https://app.example, https://*.example.org, http://localhost:5173";
        config.allowed_origins = list.parse().unwrap();
    })
    .await;
    for (origin, status) in [
        ("https://app.example", 101),
        ("https://a.example.org", 101),
        ("http://localhost:5173", 101),
        ("https://server.example", 403),
        ("http://app.example", 403),
        ("https://example.org", 403),
        ("https://a.b.example.org", 403),
        ("https://evilexample.org", 403),
        ("http://localhost:5174", 403),
    ] {
        let answer = ask(&app, &[&format!("Origin: {origin}")]).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn who_is_known_by_a_cookie_alone_must_name_an_origin() {
    let app = start_with(ws("/ws").auth::<Value>(), |config| {
        config.auth_cookie = Some("session".to_owned());
    })
    .await;
    let token = token("ann");
    let cookie = format!("Cookie: session={token}");
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(ask(&app, &[&cookie]).await.status, 403);
    assert_eq!(
        ask(&app, &[&cookie, "Origin: https://evil.example"])
            .await
            .status,
        403
    );
    assert_eq!(
        ask(&app, &[&cookie, "Origin: https://server.example"])
            .await
            .status,
        101
    );
    assert_eq!(
        ask(&app, &[&cookie, &bearer]).await.status,
        101,
        "the cookie does not count"
    );
}

#[tokio::test]
async fn only_a_trusted_proxy_tells_where_a_client_comes_from() {
    let headers = [
        "X-Forwarded-For: 198.51.100.1, 203.0.113.7",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: app.example",
        "Origin: https://app.example",
    ];
    let refused = |app: App, headers: Vec<&'static str>| async move {
        let mut client = RawClient::tcp(app.address).await;
        let answer = client.request(&request(&headers)).await;
        (answer.status == 101).then_some(())?;
        Some(client.closed().await.1)
    };
    let trusting = start_with(address(), |config| {
        config.trusted_proxies = "loopback".parse().unwrap();
    })
    .await;
    let told = refused(trusting, headers.to_vec()).await;
    assert_eq!(
        told.as_deref(),
        Some("203.0.113.7 true"),
        "not what the client made up"
    );
    let other = start_with(address(), |config| {
        config.trusted_proxies = "10.0.0.0/8".parse().unwrap();
    })
    .await;
    assert_eq!(
        refused(other, headers.to_vec()).await,
        None,
        "another host's page"
    );
    let told = refused(start(address()).await, headers[..3].to_vec()).await;
    assert_eq!(told.as_deref(), Some("127.0.0.1 false"));
}

#[tokio::test]
async fn a_socket_that_must_be_secure_is_refused_with_426_without_tls() {
    let app = start_with(ws("/ws"), |config| {
        config.require_secure = true;
        config.trusted_proxies = "loopback".parse().unwrap();
    })
    .await;
    for headers in [&[][..], &["X-Forwarded-Proto: http"]] {
        let answer = ask(&app, headers).await;
        assert_eq!(answer.status, 426);
        assert_eq!(answer.header("upgrade"), Some("TLS/1.2, HTTP/1.1"));
    }
    assert_eq!(ask(&app, &["X-Forwarded-Proto: https"]).await.status, 101);
    let app = start_with(ws("/ws"), |config| {
        config.require_secure = true;
        config.trusted_proxies = "10.0.0.0/8".parse().unwrap();
    })
    .await;
    let answer = ask(&app, &["X-Forwarded-Proto: https"]).await;
    assert_eq!(answer.status, 426, "from nobody that is trusted");

    let config = config(|config| config.require_secure = true);
    let error = orcs::App::new(config, ws("/ws")).start().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("WS_TRUSTED_PROXIES is empty"), "{text}");
}

#[tokio::test]
async fn a_proxys_connection_is_for_one_client_after_another() {
    let app = start_with(address(), |config| {
        config.trusted_proxies = "loopback".parse().unwrap();
    })
    .await;
    let mut proxy = RawClient::tcp(app.address).await;
    let foreign = [
        "X-Forwarded-For: 203.0.113.7",
        "Origin: https://evil.example",
    ];
    assert_eq!(proxy.request(&request(&foreign)).await.status, 403);
    // The first one's address says nothing about the next.
    let own = ["X-Forwarded-For: 203.0.113.8", "X-Forwarded-Proto: https"];
    assert_eq!(proxy.request(&request(&own)).await.status, 101);
    assert_eq!(proxy.closed().await.1, "203.0.113.8 true");
}
