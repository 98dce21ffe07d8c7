//! What moves each count of `get_stats()`: every limit, refusal and failure.

mod common;

use common::raw::{BINARY, CLOSE, FIN, PING, RawClient, TEXT, masked, upgrade_request};
use common::{App, eventually, start, start_with};
use orcs::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

fn talk(route: Route) -> Route {
    route
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("join", async |client, room: String| client.join(&room))
        .on("complain", async |_client, ()| -> orcs::Result {
            Err("no".into())
        })
        .on("fail", async |_client, ()| -> orcs::Result {
            Err(std::io::Error::other("disk full").into())
        })
        .on("panic", async |_client, ()| -> () {
            panic!("as it was asked to")
        })
        .on("block", async |client, ()| {
            let held_threads = || client.manager().get_stats().held_threads;
            let (before, began) = (held_threads(), Instant::now());
            // Whoever counts it needs a moment of the processor, which others may have.
            while held_threads() == before && began.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(1));
            }
        })
        .on("nonsense", async |client, ()| {
            let keys = std::collections::HashMap::from([([1, 2], 3)]);
            client.send("no-json", &keys);
        })
        .on("gossip", async |client, ()| {
            client.to("club").send("hi", &());
        })
        .on("echo", async |_client, n: u8| Reply(n))
        .guard("guarded", async |_client, ()| false)
        .on("guarded", async |_client, ()| ())
}

/// Which counts have changed, and that none has gone down.
fn moved(before: &BTreeMap<String, Value>, now: &BTreeMap<String, Value>) -> BTreeSet<String> {
    // What goes up and down with who is there.
    const GAUGES: [&str; 6] = [
        "connections",
        "rooms",
        "averageRoomSize",
        "sockets",
        "addresses",
        "inboundBytes",
    ];
    let names = now.keys().filter(|name| !GAUGES.contains(&name.as_str()));
    let has_moved = |name: &&String| {
        let value = |counts: &BTreeMap<String, Value>| counts[*name].as_u64().expect("a count");
        assert!(value(before) <= value(now), "{name} only grows");
        value(before) < value(now)
    };
    // The first is moved by every client that a test needs, the others are of the whole process:
    // another test may move them.
    let by_anybody = ["letIn", "heldThreads", "unwritable"];
    let moved = names.filter(has_moved).cloned();
    moved
        .filter(|name| !by_anybody.contains(&name.as_str()))
        .collect()
}

/// What somebody does moves these counts, and no other.
async fn moves(app: &App, what: &str, expected: &[&str], doing: impl Future<Output = ()>) {
    let before = app.counts();
    doing.await;
    let expected: BTreeSet<_> = expected.iter().map(ToString::to_string).collect();
    eventually(|| moved(&before, &app.counts()).is_superset(&expected)).await;
    assert_eq!(moved(&before, &app.counts()), expected, "{what}");
}

#[tokio::test]
async fn what_a_client_says_wrongly_is_counted() {
    let routes = Routes::new()
        .add(talk(ws("/ws")))
        .rooms("club", RoomRules::new().members_only());
    let app = start(routes).await;
    let mut client = app.connect("/ws").await;
    for (event, expected) in [
        (r#"{"event":"nobody"}"#, &["unknownEvents"][..]),
        (r#"{"event":"echo","payload":"x"}"#, &["invalidPayloads"]),
        (r#"{"event":"complain"}"#, &["eventsRefused"]),
        (r#"{"event":"guarded"}"#, &["eventsRefused"]),
        (r#"{"event":"fail"}"#, &["handlersFailed"]),
        (
            r#"{"event":"panic"}"#,
            &["handlersFailed", "handlersPanicked"],
        ),
        (r#"{"event":"gossip"}"#, &["sendsRefused"]),
        (r#"{"event":"connect"}"#, &["badFrames"]),
        ("null", &["badFrames"]),
        ("{", &["badFrames"]),
        (r#"{"event":"echo","payload":1}"#, &[]),
    ] {
        moves(&app, event, expected, async {
            client.send(event).await;
            let whoami = r#"{"event":"whoami","id":0}"#;
            client.send(whoami).await;
            while client.json().await["event"] != "orcs:ack" {}
        })
        .await;
    }
    let stats = app.manager.get_stats();
    client.emit("nonsense", json!(null)).await;
    client.id().await;
    assert!(app.manager.get_stats().unwritable > stats.unwritable);
}

#[tokio::test]
async fn who_is_not_let_in_is_counted() {
    let routes = Routes::new()
        .add(talk(ws("/ws")))
        .add(ws("/private").auth::<Value>())
        .add(ws("/csrf").csrf(true))
        .add(ws("/chat").subprotocols(["chat.v1"]).require_subprotocol())
        .add(ws("/keeps").keep_headers(["x-note"]))
        .add(ws("/closed").middleware(async |_request| false))
        .add(
            ws("/own")
                .admit(async |_request| -> orcs::Result { Err(Refusal::unauthorized().into()) }),
        )
        .add(ws("/broken").admit(async |_request| -> orcs::Result {
            Err(std::io::Error::other("no database").into())
        }))
        .http(|manager| {
            use orcs::warp::Filter;
            orcs::bearer::<Value>(manager).map(|_user| "ok")
        });
    let app = start(routes).await;
    let upgrade = |path: &str, more: &str| upgrade_request(path, more);
    let plain = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (what, request, expected) in [
        ("no upgrade", plain("/ws"), &["badHandshakes"][..]),
        (
            "an old version",
            upgrade("/ws", "").replace("Version: 13", "Version: 8"),
            &["badHandshakes"],
        ),
        ("no subprotocol", upgrade("/chat", ""), &["badHandshakes"]),
        (
            "a long query",
            upgrade(&format!("/ws?{}", "a".repeat(4100)), ""),
            &["badHandshakes"],
        ),
        (
            "a long header that is kept",
            upgrade("/keeps", &format!("X-Note: {}\r\n", "a".repeat(4100))),
            &["badHandshakes"],
        ),
        (
            "a foreign page",
            upgrade("/ws", "Origin: https://evil.example\r\n"),
            &["foreignOrigins"],
        ),
        ("no token", upgrade("/private", ""), &["unauthorized"]),
        (
            "a bad token",
            upgrade("/private?token=x", ""),
            &["unauthorized"],
        ),
        (
            "its own word for it",
            upgrade("/own", ""),
            &["unauthorized"],
        ),
        ("no token by HTTP", plain("/http"), &["unauthorized"]),
        ("no CSRF token", upgrade("/csrf", ""), &["csrfRefused"]),
        (
            "a middleware's no",
            upgrade("/closed", ""),
            &["admissionsRefused"],
        ),
        (
            "a failing admit",
            upgrade("/broken", ""),
            &["admissionsFailed"],
        ),
        (
            "two hosts",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            &["httpRefused"],
        ),
        ("no HTTP", "hello\r\n\r\n".to_owned(), &["httpRefused"]),
        (
            "a long header",
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
                "x".repeat(20_000)
            ),
            &["httpRefused"],
        ),
        ("a good one", upgrade("/ws", ""), &[]),
    ] {
        moves(&app, what, expected, async {
            let mut client = RawClient::tcp(app.address).await;
            client.send(request).await;
            client.answer().await;
        })
        .await;
    }
    let app = start_with(talk(ws("/ws")), |config| {
        config.require_secure = true;
        config.trusted_proxies = "loopback".parse().expect("a list");
        config.metrics_key = Some(orcs::Secret::new("0123456789abcdef"));
    })
    .await;
    moves(&app, "no key for the counts", &["unauthorized"], async {
        let mut client = RawClient::tcp(app.address).await;
        client.request(&plain("/_orcs/metrics")).await;
    })
    .await;
    moves(&app, "unencrypted", &["insecure"], async {
        let mut client = RawClient::tcp(app.address).await;
        client.request(&upgrade("/ws", "")).await;
    })
    .await;
    // Where nobody else is in a hurry.
    let app = start_with(talk(ws("/ws")), |config| {
        config.header_timeout = Duration::from_millis(100);
    })
    .await;
    moves(&app, "half a header", &["httpTimeouts"], async {
        let mut client = RawClient::tcp(app.address).await;
        client.send("GET / HTTP/1.1\r\nHost:").await;
        client.ended().await;
    })
    .await;
}

#[tokio::test]
async fn whom_we_close_is_counted() {
    let app = start_with(talk(ws("/ws")), |config| {
        config.max_payload_bytes = 1000;
        config.control_rate_limit = RateLimit::per_second(1);
        config.auth_grace = None;
    })
    .await;
    let close = |reason: &'static [u8]| masked(FIN | CLOSE, reason);
    for (what, bytes, expected) in [
        (
            "an unknown opcode",
            masked(FIN | 0x3, b""),
            &["violations"][..],
        ),
        ("no UTF-8", masked(FIN | TEXT, b"\xff"), &["violations"]),
        (
            "too long a message",
            masked(FIN | TEXT, &[b'x'; 1001]),
            &["violations"],
        ),
        ("bytes", masked(FIN | BINARY, b"x"), &["unsupported"]),
        (
            "a flood of pings",
            masked(FIN | PING, b"").repeat(3),
            &["tooManyPings"],
        ),
        (
            "bad frames",
            masked(FIN | TEXT, b"x").repeat(20),
            &["badFrames", "tooManyBadFrames"],
        ),
        ("a good close", close(b"\x03\xe8"), &[]),
    ] {
        moves(&app, what, expected, async {
            let mut client = RawClient::connect(&app, "/ws").await;
            client.send(bytes).await;
            while client.try_next().await.is_ok_and(|frame| frame.is_some()) {}
        })
        .await;
    }
}

/// On a clock that the test turns, but for the system's own: what is late.
#[tokio::test]
async fn what_comes_too_late_is_counted() {
    let app = orcs::testing::start_app(|mut config| {
        config.idle_timeout = Some(Duration::from_secs(10));
        config.auth_grace = None;
        config.handler_timeout = Some(Duration::from_secs(5));
        let private = ws("/private")
            .auth::<Value>()
            .on("wait", async |_client, ()| {
                std::future::pending::<()>().await;
            });
        orcs::App::new(config, private)
    })
    .await;
    let stats = || app.manager().get_stats();
    let mut client = app.connect_as("/private", &json!({"sub": "ann"})).await;
    client.send("wait", &()).await;
    app.advance(Duration::from_secs(6)).await;
    assert_eq!(stats().handler_timeouts, 1);

    let renewal = json!({"token": "x"});
    client.send("orcs:auth", &renewal).await;
    assert_eq!(stats().renewals_refused, 1);

    client.go_silent();
    // It is asked at half of the time, and given the other half.
    app.advance(Duration::from_secs(6)).await;
    app.advance(Duration::from_secs(6)).await;
    assert_eq!(stats().silent, 1);

    let soon = std::time::SystemTime::now() + Duration::from_secs(60);
    let soon = soon
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let claims = json!({"sub": "bob", "exp": soon.as_secs()});
    let _client = app.connect_as("/private", &claims).await;
    app.advance(Duration::from_secs(70)).await;
    assert_eq!(stats().tokens_expired, 1);
}

#[tokio::test]
async fn who_does_not_hang_up_after_a_close_is_counted() {
    let app = start(talk(ws("/ws"))).await;
    let mut client = RawClient::connect(&app, "/ws").await;
    eventually(|| app.manager.everyone().send("hi", &()).queued == 1).await;
    client.send(masked(FIN | BINARY, b"x")).await;
    // It reads the close frame and stays.
    while client.frame().await.first != FIN | CLOSE {}
    moves(&app, "it stays", &["closeTimeouts"], async {}).await;
}

#[test]
fn a_turn_that_holds_its_thread_is_counted() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let app = start(talk(ws("/ws"))).await;
        let mut client = app.connect("/ws").await;
        let before = app.manager.get_stats().held_threads;
        client.emit("block", json!(null)).await;
        client.id().await;
        assert!(app.manager.get_stats().held_threads > before);
    });
}
