//! Requests that are none, are too large, or mean one thing to us and another to a proxy.

use crate::common::raw::{RawClient, upgrade_request};
use crate::common::{token, within};
use crate::kit::{Attack, MIB};
use crate::server::{OPEN, PRIVATE};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The RFC's request with one line changed.
fn changed(old: &str, new: &str) -> String {
    let request = upgrade_request(OPEN, "");
    assert!(request.contains(old), "{old}");
    request.replace(old, new)
}

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";
const HOST: &str = "Host: localhost\r\n";

#[tokio::test]
async fn a_handshake_that_is_none_is_told_why() {
    let attack = Attack::begin("handshakes that are none", &[]).await;
    let long = format!("Sec-WebSocket-Key: {}\r\n", "A".repeat(4096));
    for (request, status) in [
        (changed(KEY, ""), 400),
        (changed(KEY, "Sec-WebSocket-Key: \r\n"), 400),
        (
            changed(KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n"),
            400,
        ),
        (
            changed(KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==\r\n"),
            400,
        ),
        (changed(KEY, &KEY.repeat(2)), 400),
        (changed(KEY, &long), 400),
        (
            changed("Connection: Upgrade", "Connection: keep-alive"),
            400,
        ),
        (changed("HTTP/1.1", "HTTP/1.0"), 400),
        (changed(HOST, ""), 400),
        (changed(HOST, "Host: a\r\nHost: b\r\n"), 400),
        (changed(VERSION, ""), 426),
        (changed(VERSION, "Sec-WebSocket-Version: 12\r\n"), 426),
        (changed(VERSION, "Sec-WebSocket-Version: 8, 13\r\n"), 426),
        (
            changed(VERSION, "Sec-WebSocket-Version: 99999999999999999999\r\n"),
            426,
        ),
        (changed("Upgrade: websocket", "Upgrade: h2c"), 426),
        (changed("GET", "POST"), 405),
        (changed(OPEN, "/nowhere"), 404),
    ] {
        for _ in 0..10 {
            let answer = attack.ask(&request).await;
            assert_eq!(answer.status, status, "{request}");
            if status == 426 {
                assert_eq!(answer.header("upgrade"), Some("websocket"));
            }
        }
    }
    let twelve = changed(VERSION, "Sec-WebSocket-Version: 12\r\n");
    let answer = attack.ask(&twelve).await;
    assert_eq!(answer.header("sec-websocket-version"), Some("13"));
    attack.ends("400, 426, 405, 404", 4 * MIB).await;
}

#[tokio::test]
async fn what_a_proxy_might_read_differently_is_a_bad_request() {
    let attack = Attack::begin("smuggled requests", &[]).await;
    let (length, chunked) = ("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n");
    for (what, lines) in [
        (
            "two lengths",
            "Content-Length: 5\r\nContent-Length: 6\r\n".to_owned(),
        ),
        ("a list of lengths", "Content-Length: 5, 6\r\n".to_owned()),
        ("a signed length", "Content-Length: +5\r\n".to_owned()),
        ("a length and chunks", format!("{length}{chunked}")),
        ("chunks and a length", format!("{chunked}{length}")),
        (
            "chunks of another kind",
            "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        ),
        (
            "a space before the colon",
            "Content-Length : 5\r\n".to_owned(),
        ),
        ("a folded line", "X: a\r\n b\r\n".to_owned()),
        ("NUL in a value", "X: a\0b\r\n".to_owned()),
        ("NUL in a name", "X\0Y: a\r\n".to_owned()),
        ("CR in a value", "X: a\rb\r\n".to_owned()),
        ("two hosts", HOST.to_owned()),
    ] {
        for request in [
            upgrade_request(OPEN, &lines),
            format!("POST /stats HTTP/1.1\r\n{HOST}{lines}\r\n"),
        ] {
            let mut client = attack.tcp().await;
            let second = "0\r\n\r\nGET /stats HTTP/1.1\r\nHost: a\r\n\r\n";
            client.send(request.clone() + second).await;
            let statuses = statuses(client).await;
            // hyper takes the chunks for the body then, and nothing behind them (RFC 9112, 6.3).
            let is_cut = request.contains(length) && request.contains(chunked);
            let first = if is_cut && !request.starts_with("GET") {
                405
            } else {
                400
            };
            assert_eq!(statuses.first(), Some(&first), "{what}: {request}");
            assert!(
                !statuses.contains(&200),
                "{what}: {statuses:?} to {request}"
            );
        }
    }
    attack.ends("400, or nothing behind it", 4 * MIB).await;
}

#[tokio::test]
async fn headers_that_are_too_large_or_too_many_are_refused() {
    let attack = Attack::begin("header bombs", &[]).await;
    let large = |bytes: usize| format!("X: {}\r\n", "y".repeat(bytes));
    let protocols = format!("Sec-WebSocket-Protocol: {}\r\n", "p,".repeat(7000));
    let extensions = format!(
        "Sec-WebSocket-Extensions: {}\r\n",
        "a;b=\"c\",".repeat(1800)
    );
    for (what, request, statuses) in [
        (
            "101 headers",
            upgrade_request(OPEN, &"X: y\r\n".repeat(101)),
            &[431][..],
        ),
        (
            "5,000 headers",
            upgrade_request(OPEN, &"X: y\r\n".repeat(5000)),
            &[431],
        ),
        (
            "20 KB in one",
            upgrade_request(OPEN, &large(20_000)),
            &[431],
        ),
        (
            "16 MB in one",
            upgrade_request(OPEN, &large(16 << 20)),
            &[431],
        ),
        (
            "16 MB in one name",
            upgrade_request(OPEN, &format!("{}: y\r\n", "X".repeat(16 << 20))),
            &[431],
        ),
        (
            "a path of 100 KB",
            upgrade_request(&"/".repeat(100_000), ""),
            &[414, 431],
        ),
        (
            "a query of 100 KB",
            upgrade_request(&format!("{OPEN}?{}", "&".repeat(100_000)), ""),
            &[414, 431],
        ),
        ("a method of 100 KB", "G".repeat(100_000), &[400, 431]),
        ("7,000 protocols", upgrade_request(OPEN, &protocols), &[400]),
        (
            "1,800 extensions",
            upgrade_request(OPEN, &extensions),
            &[400],
        ),
        ("NULs", "\0".repeat(100_000), &[400]),
        (
            "another protocol",
            "\x16\x03\x01\x02\0\x01\0\x01\u{7f}\r\n\r\n".to_owned(),
            &[400],
        ),
    ] {
        for _ in 0..5 {
            let status = bombed(attack.tcp().await, &request).await;
            // Whoever is still sending may be reset before it reads its answer.
            let is_told = status.is_none_or(|status| statuses.contains(&status));
            assert!(is_told, "{what}: {status:?}");
            assert!(status.is_some() || request.len() > 1 << 20, "{what}");
        }
    }
    if let Some(cpu) = attack.cpu() {
        assert!(cpu < Duration::from_secs(2), "{cpu:?}");
    }
    attack.ends("431, 414, 400", 8 * MIB).await;
}

/// The statuses of all answers, until the connection ends in any way.
async fn statuses(mut client: RawClient) -> Vec<u16> {
    let mut text = Vec::new();
    // An error is a reset, behind which nothing comes.
    let _ = within(client.stream.read_to_end(&mut text)).await;
    let text = String::from_utf8_lossy(&text);
    let heads = text.split("HTTP/1.1 ").skip(1);
    heads
        .map(|head| head[..3].parse().expect("a status"))
        .collect()
}

/// The status that a request is answered with, if it is answered before the connection ends.
async fn bombed(mut client: RawClient, request: &str) -> Option<u16> {
    let (mut reading, mut writing) = client.stream.split();
    let write = async {
        // An error says that the server has hung up, which is an answer too.
        let _ = writing.write_all(request.as_bytes()).await;
    };
    let read = async {
        let mut head = [0; 12];
        let read = reading.read_exact(&mut head).await;
        read.ok()?;
        str::from_utf8(&head[9..]).ok()?.parse().ok()
    };
    tokio::select! {
        status = read => status,
        status = async { write.await; std::future::pending().await } => status,
    }
}

#[tokio::test]
async fn offers_of_protocols_are_counted_and_a_token_is_never_echoed() {
    let attack = Attack::begin("subprotocol offers", &[]).await;
    for offer in [&["p"; 17].join(","), "a b", "a,,b", "\"a\"", "a;b", ""] {
        let line = format!("Sec-WebSocket-Protocol: {offer}\r\n");
        let (_client, answer) = attack.knock(OPEN, &line).await;
        assert_eq!(answer.status, 400, "{offer}");
    }
    let token = token("ann");
    for path in [OPEN, PRIVATE] {
        for offer in [
            format!("token, {token}"),
            format!("token, {token}, {token}"),
            format!("chat, token, {token}"),
        ] {
            let line = format!("Sec-WebSocket-Protocol: {offer}\r\n");
            let (_client, answer) = attack.knock(path, &line).await;
            assert_eq!(answer.status, 101);
            assert_eq!(answer.header("sec-websocket-protocol"), Some("token"));
            assert!(!answer.text().contains(&token), "{}", answer.text());
        }
    }
    attack.ends("400, or `token` alone", 4 * MIB).await;
}
