//! The counts over HTTP: who may read them, and how Prometheus reads them.

mod common;

use common::raw::{Answer, RawClient};
use common::{App, config, start, start_with, token};
use orcs::prelude::*;
use orcs::{Environment, Secret};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    let nothing = (404, "404: there is nothing at this path\n");
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
            assert_eq!((answer.status, answer.body.as_str()), nothing, "{headers}");
        }
        // A page whose name was bent to this machine.
        let answer = ask(&app, "GET", "Host: evil.example\r\n").await;
        assert_eq!(answer.status, 404);
        // A proxy that adds no header: nothing but its address tells that it is one.
        let answer = ask(&app, "GET", LOCAL).await;
        let is_nothing = (answer.status, answer.body.as_str()) == nothing;
        assert_eq!(
            is_nothing,
            !proxies.is_empty(),
            "{proxies}: {}",
            answer.status
        );
    }
}

#[tokio::test]
async fn in_production_nobody_reads_them_without_a_key() {
    let produced = |key: Option<&'static str>| {
        start_with(ws("/ws"), move |config| {
            config.environment = Environment::Production;
            config.metrics_key = key.map(Secret::new);
        })
    };
    let app = produced(None).await;
    let answer = ask(&app, "GET", LOCAL).await;
    let nothing = (404, "404: there is nothing at this path\n");
    assert_eq!((answer.status, answer.body.as_str()), nothing);
    let app = produced(Some(KEY)).await;
    let shown = format!("{LOCAL}Authorization: Bearer {KEY}\r\n");
    assert_eq!(ask(&app, "GET", &shown).await.status, 200);
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
    let app = start(talk()).await;
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
    let counts = app.counts();
    assert_eq!(
        metrics.len(),
        counts.len() + 1,
        "each count, and the version"
    );
}

fn talk() -> Route {
    ws("/ws")
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("join", async |client, room: String| client.join(&room))
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
