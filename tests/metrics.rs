//! The counts: who may read them, how Prometheus reads them, and what moves each of them.

mod common;

use common::raw::{Answer, BINARY, CLOSE, FIN, PING, RawClient, TEXT, masked, upgrade_request};
use common::{App, config, eventually, start, start_with, token};
use orcs::Secret;
use orcs::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const KEY: &str = "0123456789abcdef";

async fn ask(app: &App, method: &str, headers: &str) -> Answer {
    let mut client = RawClient::tcp(app.address).await;
    let request = format!("{method} /_orcs/metrics HTTP/1.1\r\n{headers}\r\n");
    match method {
        "HEAD" => client.head(&request).await,
        _ => client.request(&request).await,
    }
}

const LOCAL: &str = "Host: localhost\r\n";

#[tokio::test]
async fn a_program_on_this_machine_reads_them() {
    let app = start(ws("/ws")).await;
    let answer = ask(&app, "GET", LOCAL).await;
    assert_eq!(answer.status, 200);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(kind));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.contains("\norcs_connections 0\n"));
    assert_eq!(ask(&app, "HEAD", LOCAL).await.status, 200);
    let post = ask(&app, "POST", &format!("{LOCAL}Content-Length: 0\r\n")).await;
    assert_eq!(
        (post.status, post.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[tokio::test]
async fn nobody_behind_a_proxy_reads_them_and_none_is_told_why() {
    for proxies in ["", "loopback", "loopback,forwarded"] {
        let app = start_with(ws("/ws"), |config| {
            config.trusted_proxies = proxies.parse().expect("a list");
        })
        .await;
        for headers in [
            "X-Forwarded-For: 8.8.8.8\r\n",
            "X-Forwarded-For: 127.0.0.1\r\n",
            "X-Forwarded-Proto: https\r\n",
            "Forwarded: for=127.0.0.1\r\n",
            "X-Real-IP: 8.8.8.8\r\n",
            "Via: 1.1 proxy\r\n",
        ] {
            let answer = ask(&app, "GET", &format!("{LOCAL}{headers}")).await;
            let nothing = (404, "404: there is nothing at this path\n");
            assert_eq!((answer.status, answer.body.as_str()), nothing, "{headers}");
        }
        // A page whose name was bent to this machine.
        let answer = ask(&app, "GET", "Host: evil.example\r\n").await;
        assert_eq!(answer.status, 404);
        assert_eq!(ask(&app, "GET", LOCAL).await.status, 200, "{proxies}");
    }
}

#[tokio::test]
async fn with_a_key_whoever_shows_it_reads_them_and_nobody_else() {
    let app = start_with(ws("/ws"), |config| {
        config.metrics_key = Some(Secret::new(KEY));
    })
    .await;
    let far = "Host: app.example\r\nX-Forwarded-For: 8.8.8.8\r\n";
    let answer = ask(
        &app,
        "GET",
        &format!("{far}Authorization: Bearer {KEY}\r\n"),
    )
    .await;
    assert_eq!(answer.status, 200);
    for headers in [
        LOCAL.to_owned(),
        format!("{LOCAL}Authorization: Bearer {KEY}x\r\n"),
        format!("{LOCAL}Authorization: Basic {KEY}\r\n"),
        format!("{LOCAL}Cookie: key={KEY}\r\n"),
    ] {
        let answer = ask(&app, "GET", &headers).await;
        assert_eq!(answer.status, 401, "{headers}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(!answer.text().contains("orcs_"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_key_that_can_be_guessed_stops_the_start() {
    for key in [
        "",
        "short",
        "change-me-in-production",
        "sixteen bytes and blanks",
    ] {
        let config = config(|config| config.metrics_key = Some(Secret::new(key)));
        let started = orcs::App::new(config, ws("/ws")).start().await;
        let error = started.expect_err("it starts").to_string();
        assert!(error.starts_with("WS_METRICS_KEY: "), "{error}");
        assert!(error.contains("example: "), "{error}");
    }
}

/// One metric, as its three lines say.
#[derive(Debug)]
struct Metric {
    kind: String,
    value: f64,
}

/// Reads the text by the grammar of the format (0.0.4), stricter than Prometheus itself: each
/// metric has one HELP, one TYPE and one sample, in this order.
fn parse(text: &str) -> BTreeMap<String, Metric> {
    assert!(text.ends_with('\n'), "the last line ends too");
    let mut metrics = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(help) = lines.next() {
        let help = help.strip_prefix("# HELP ").expect("a HELP line");
        let (name, words) = help.split_once(' ').expect("a name and words");
        assert!(!words.is_empty() && !words.contains('\\'), "{help}");
        let is_name = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        assert!(is_name(name) && name.starts_with("orcs_"), "{name}");
        let kind = lines.next().expect("a TYPE line");
        let kind = kind.strip_prefix(&format!("# TYPE {name} "));
        let kind = kind.expect("the TYPE of the same metric");
        assert!(["counter", "gauge"].contains(&kind), "{kind}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        let sample = lines.next().expect("a sample");
        let rest = sample.strip_prefix(name).expect("of the same metric");
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => rest.split_once("} ").expect("labels end"),
            None => ("", rest.strip_prefix(' ').expect("a blank")),
        };
        for label in labels.split_terminator(',') {
            let (label, text) = label.split_once('=').expect("a label's value");
            assert!(is_name(label) && !label.starts_with("__"), "{label}");
            let text = text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            assert!(!text.expect("quotes").contains(['"', '\\']), "{sample}");
        }
        let value: f64 = value.parse().expect("a number and nothing behind it");
        assert!(value.is_finite() && value >= 0.0, "{sample}");
        let kind = kind.to_owned();
        let before = metrics.insert(name.to_owned(), Metric { kind, value });
        assert!(before.is_none(), "{name} is there twice");
    }
    metrics
}

#[tokio::test]
async fn prometheus_reads_every_count_of_get_stats() {
    let app = start(talk(ws("/ws"))).await;
    let mut clients = Vec::new();
    for room in ["a", "a", "b"] {
        let mut client = app.connect("/ws").await;
        client.emit("join", room).await;
        client.id().await;
        clients.push(client);
    }
    clients[0].emit("nobody", json!(null)).await;
    clients[0].id().await;

    let metrics = parse(&ask(&app, "GET", LOCAL).await.body);
    for (name, value) in [
        ("orcs_connections", 3.0),
        ("orcs_rooms", 2.0),
        ("orcs_average_room_size", 1.5),
        ("orcs_let_in_total", 3.0),
        ("orcs_unknown_events_total", 1.0),
        ("orcs_build_info", 1.0),
    ] {
        assert!(
            (metrics[name].value - value).abs() < 1e-9,
            "{name}: {metrics:?}"
        );
    }
    let gauges = metrics.values().filter(|metric| metric.kind == "gauge");
    assert_eq!(gauges.count(), 7, "what goes up and down");
    let counts = counts(&app);
    assert_eq!(
        metrics.len(),
        counts.len() + 1,
        "each count, and the version"
    );
}

/// `get_stats()` by its names on the wire.
fn counts(app: &App) -> BTreeMap<String, Value> {
    let stats = serde_json::to_value(app.manager.get_stats()).expect("JSON");
    serde_json::from_value(stats).expect("an object")
}

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
        .on("block", async |_client, ()| {
            std::thread::sleep(Duration::from_millis(50));
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
    const GAUGES: [&str; 7] = [
        "connections",
        "rooms",
        "averageRoomSize",
        "sockets",
        "addresses",
        "inboundBytes",
        "letIn",
    ];
    let names = now.keys().filter(|name| !GAUGES.contains(&name.as_str()));
    let has_moved = |name: &&String| {
        let value = |counts: &BTreeMap<String, Value>| counts[*name].as_u64().expect("a count");
        assert!(value(before) <= value(now), "{name} only grows");
        value(before) < value(now)
    };
    // Of the whole process: another test may move it.
    let names = names.filter(|name| *name != "heldThreads" && *name != "unwritable");
    names.filter(has_moved).cloned().collect()
}

/// What somebody does moves these counts, and no other.
async fn moves(app: &App, what: &str, expected: &[&str], doing: impl Future<Output = ()>) {
    let before = counts(app);
    doing.await;
    let expected: BTreeSet<_> = expected.iter().map(ToString::to_string).collect();
    eventually(|| moved(&before, &counts(app)).is_superset(&expected)).await;
    assert_eq!(moved(&before, &counts(app)), expected, "{what}");
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
        config.header_timeout = Duration::from_millis(100);
    })
    .await;
    moves(&app, "unencrypted", &["insecure"], async {
        let mut client = RawClient::tcp(app.address).await;
        client.request(&upgrade("/ws", "")).await;
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
    let id = app.manager.everyone().send("hi", &());
    assert_eq!(id.queued, 1);
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

#[tokio::test]
async fn a_token_on_the_way_to_the_metrics_is_nobodys_key() {
    let app = start_with(ws("/ws").auth::<Value>(), |config| {
        config.metrics_key = Some(Secret::new(KEY));
    })
    .await;
    let headers = format!("{LOCAL}Authorization: Bearer {}\r\n", token("ann"));
    assert_eq!(ask(&app, "GET", &headers).await.status, 401);
}
