//! Pages of others that open sockets in their visitors' names.

use crate::common::token;
use crate::kit::{Attack, MIB};
use crate::server::{OPEN, PRIVATE};

async fn status(attack: &Attack, path: &str, headers: &[&str]) -> u16 {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let (_client, answer) = attack.knock(path, &headers).await;
    if answer.status != 101 {
        assert_eq!(answer.header("sec-websocket-accept"), None, "{answer:?}");
    }
    answer.status
}

#[tokio::test]
async fn pages_of_other_hosts_are_refused_with_403() {
    let attack = Attack::begin("pages of other hosts", &[]).await;
    // The host that is asked for is `localhost`.
    for origin in [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://evil-localhost",
        "http://localhos",
        "http://localhost:8080",
        "http://localhost@evil.example",
        "http://evil.example#localhost",
        "http://evil.example\\@localhost",
        "http://localhost/",
        "http://localhost:80:80",
        "http://local%68ost",
        "http://127.0.0.1",
        "file://localhost",
        "localhost",
        "//localhost",
        "null",
        "NULL",
        "*",
        "",
    ] {
        let line = format!("Origin: {origin}");
        assert_eq!(status(&attack, OPEN, &[&line]).await, 403, "{origin}");
    }
    let own = "Origin: http://localhost";
    assert_eq!(status(&attack, OPEN, &[own, own]).await, 403, "twice");
    let evil = [
        "Origin: https://evil.example",
        "X-Forwarded-Host: evil.example",
    ];
    assert_eq!(status(&attack, OPEN, &evil).await, 403, "nobody's proxy");
    assert_eq!(status(&attack, OPEN, &[own]).await, 101);
    attack.ends("403", 4 * MIB).await;
}

#[tokio::test]
async fn a_list_is_taken_word_for_word() {
    let list = "https://app.example, https://*.example.org, null";
    let attack = Attack::begin(
        "names like those of a list",
        &[("WS_ALLOWED_ORIGINS", list)],
    )
    .await;
    for origin in [
        "http://app.example",
        "https://app.example.evil.example",
        "https://evilapp.example",
        "https://app.example:8443",
        "https://example.org",
        "https://a.b.example.org",
        "https://evilexample.org",
        "https://.example.org",
        "https://*.example.org",
        "https://a.example.org.evil.example",
        "http://localhost",
    ] {
        let line = format!("Origin: {origin}");
        assert_eq!(status(&attack, OPEN, &[&line]).await, 403, "{origin}");
    }
    for origin in ["https://app.example", "https://a.example.org", "null"] {
        let line = format!("Origin: {origin}");
        assert_eq!(status(&attack, OPEN, &[&line]).await, 101, "{origin}");
    }
    attack.ends("403", 4 * MIB).await;
}

#[tokio::test]
async fn a_cookie_alone_opens_nothing_for_another_page() {
    let attack = Attack::begin("cookies of others", &[("WS_AUTH_COOKIE", "session")]).await;
    let cookie = format!("Cookie: session={}", token("ann"));
    let (own, evil) = ("Origin: http://localhost", "Origin: https://evil.example");
    for headers in [
        &[&*cookie][..],
        &[&cookie, evil],
        &[&cookie, "Origin: null"],
    ] {
        assert_eq!(status(&attack, PRIVATE, headers).await, 403, "{headers:?}");
    }
    let planted = format!("{own}\r\n{cookie}; session=planted\r\n");
    let (mut client, answer) = attack.knock(PRIVATE, &planted).await;
    assert_eq!(answer.status, 101);
    assert_eq!(client.closed().await.0, 4401, "which of the two is it?");
    assert_eq!(status(&attack, PRIVATE, &[&cookie, own]).await, 101);
    drop(client);
    attack.ends("403, or 4401", 4 * MIB).await;
}
