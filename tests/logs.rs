//! The log as it is printed: one line an event, in two forms, and whose turn each was.
#![cfg(unix)]

mod common;

use common::raw::{CLOSE, FIN, RawClient, masked, upgrade_request};
use common::{SECRET, eventually, token};
use orcs::prelude::*;
use orcs::warp::{self, Filter};
use orcs::{App, Config};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::info;

/// Set for the process that is to be the server.
const WANTED: &str = "ORCS_WHOSE_LOG_IS_READ";

/// Set for one that brings a `tracing` subscriber of its own.
const OWN_PRINTER: &str = "ORCS_PRINTS_ITSELF";

/// This executable is the server too: with a word for it in its environment, this test is one.
#[test]
fn the_server_whose_log_is_read_is_a_process_of_its_own() {
    if std::env::var_os(WANTED).is_none() {
        return;
    }
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    if std::env::var_os(OWN_PRINTER).is_some() {
        let own = tracing_subscriber::fmt().with_ansi(false);
        own.with_writer(std::io::stderr).init();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let config = Config::load(|_| ()).expect("settings that can be read");
        let app = App::new(config, routes());
        app.manager()
            .on("global", async |_client, ()| info!("app: global"));
        app.serve().await.expect("an app that can start");
    });
}

fn routes() -> Routes {
    let http = |_| {
        warp::path!("http").map(|| {
            info!("app: http");
            "ok"
        })
    };
    Routes::new()
        .add(talk(ws("/ws/a")))
        .add(talk(ws("/ws/b")))
        .add(
            ws("/ws/gated")
                .middleware(async |_request| info!("app: middleware"))
                .admit(async |_request| -> orcs::Result {
                    tokio::task::yield_now().await;
                    info!("app: admit");
                    Err("nobody comes in".into())
                }),
        )
        .add(ws("/ws/private").auth::<Value>().connect(async |client| {
            info!("app: private");
            client.send("hi", &());
        }))
        .http(http)
}

/// Handlers that write lines of their own, before and behind every kind of wait.
fn talk(route: Route) -> Route {
    route
        .connect(async |_client| info!("app: connect"))
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("join", async |client, room: String| client.join(&room))
        .on("say", async |_client, text: String| {
            info!(text, level = "mine", count = 7, "app: said {text}");
        })
        .on("wait", async |_client, ()| {
            info!("app: before");
            tokio::task::yield_now().await;
            info!("app: between");
            tokio::time::sleep(Duration::from_millis(20)).await;
            info!("app: behind");
            Reply(())
        })
        .on("elsewhere", async |_client, ()| {
            let there = tokio::spawn(async { info!("app: elsewhere") });
            there.await.expect("it ends");
            Reply(())
        })
        .on("own", async |client, ()| {
            info!(client = "own", route = %client.id(), "app: own");
            Reply(())
        })
        .on("fail", async |_client, text: String| -> orcs::Result {
            Err(std::io::Error::other(text).into())
        })
        .on("panic", async |_client, text: String| -> () {
            panic!("{text}")
        })
        .disconnect(async |_client, _close| info!("app: disconnect"))
}

/// A running server; it ends when this is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Server {
    fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_and_read(settings, |_| true)
    }

    /// As [`start`](Self::start), and reads its log up to the first line for which `goes_on` is
    /// not so; then nobody does.
    fn start_and_read(
        settings: &[(&str, &str)],
        goes_on: impl Fn(&str) -> bool + Send + 'static,
    ) -> Self {
        let program = std::env::current_exe().expect("a process knows its program");
        let test = "the_server_whose_log_is_read_is_a_process_of_its_own";
        let mut child = Command::new(program)
            .args([test, "--exact", "--nocapture"])
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .env_clear()
            .envs([(WANTED, "1"), ("HOST", "127.0.0.1"), ("PORT", "0")])
            .envs([("JWT_SECRET", SECRET), ("LOG_LEVEL", "debug")])
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this executable can be started again");
        let log = Arc::<Mutex<String>>::default();
        let (tells, told) = channel();
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped"));
        let written = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                if let Some((_, rest)) = line.split_once("listening on http://") {
                    let address = rest.split(": ").next().and_then(|text| text.parse().ok());
                    // An error says that it was told before.
                    let _ = tells.send(address.expect("an address"));
                }
                written.lock().expect("nobody panics").push_str(&line);
                if !goes_on(&line) {
                    return;
                }
                line.clear();
            }
        });
        let address = told.recv_timeout(Duration::from_secs(20));
        Self {
            child,
            address: address.expect("the server listens"),
            log,
        }
    }

    fn log(&self) -> String {
        self.log.lock().expect("nobody panics").clone()
    }

    /// Waits for a line that holds this.
    async fn logs(&self, text: &str) {
        eventually(|| self.log().contains(text)).await;
    }

    /// The lines, each of which must be an object.
    fn objects(&self) -> Vec<Value> {
        let log = self.log();
        let object = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(value.is_object(), "{line}");
            value
        };
        log.lines().map(object).collect()
    }

    /// The line with this message, once it is there: an answer may come before the line that was
    /// written ahead of it, as they come by two ways.
    async fn line(&self, message: &str) -> Value {
        let has_it = |line: &Value| line["message"] == message;
        let mut found = None;
        eventually(|| {
            found = self.objects().into_iter().find(has_it);
            found.is_some()
        })
        .await;
        found.expect("it was found")
    }

    async fn connect(&self, path: &str) -> (RawClient, String) {
        let mut client = RawClient::tcp(self.address).await;
        let answer = client.request(&upgrade_request(path, "")).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        let id = ask(&mut client, "whoami", &Value::Null).await;
        (client, id.as_str().expect("an id").to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends an event, and waits for its answer.
async fn ask(client: &mut RawClient, event: &str, payload: &Value) -> Value {
    let envelope = json!({"event": event, "payload": payload, "id": 1});
    client.send_text(&envelope.to_string()).await;
    let answer: Value = serde_json::from_str(&client.text().await).expect("JSON");
    answer["payload"].clone()
}

async fn leave(client: &mut RawClient) {
    client
        .send(masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
        .await;
    client.ended().await;
}

#[tokio::test]
async fn each_line_of_a_turn_says_whose_it_is_those_of_the_app_too() {
    let server = Server::start(&[("LOG_FORMAT", "json")]);
    for path in ["/ws/a", "/ws/b"] {
        let (mut client, id) = server.connect(path).await;
        for event in ["wait", "global", "own"] {
            ask(&mut client, event, &Value::Null).await;
        }
        ask(&mut client, "say", &json!("hi")).await;
        ask(&mut client, "fail", &json!("disk full")).await;
        leave(&mut client).await;
        eventually(|| {
            let lines = server.objects();
            ["disconnected", "app: disconnect"].iter().all(|gone| {
                let tells =
                    |line: &Value| line["message"] == *gone && line["client"] == id.as_str();
                lines.iter().any(tells)
            })
        })
        .await;
        let lines = server.objects();
        for message in [
            "connected",
            "app: connect",
            "app: before",
            "app: between",
            "app: behind",
            "app: global",
            "app: said hi",
            "handler failed: disk full",
            "disconnected",
            "app: disconnect",
        ] {
            let is_its = |line: &&Value| line["message"] == message && line["route"] == path;
            let line = lines.iter().find(is_its);
            let line = line.unwrap_or_else(|| panic!("no `{message}` of {path}: {lines:#?}"));
            assert_eq!(line["client"], id.as_str(), "{line}");
        }
    }
    // What a line says itself stands.
    let own = server.line("app: own").await;
    assert_eq!(own["client"], "own");
    assert!(own.get("client_").is_none(), "{own}");
}

#[tokio::test]
async fn two_clients_at_once_are_not_taken_for_each_other() {
    let server = Server::start(&[("LOG_FORMAT", "json")]);
    let (mut ann, ann_id) = server.connect("/ws/a").await;
    let (mut bob, bob_id) = server.connect("/ws/b").await;
    for _ in 0..20 {
        let wait = json!({"event": "wait", "payload": null, "id": 1}).to_string();
        ann.send_text(&wait).await;
        bob.send_text(&wait).await;
        ann.text().await;
        bob.text().await;
    }
    let is_of_a_wait = |line: &Value| {
        ["app: before", "app: between", "app: behind"]
            .iter()
            .any(|wait| line["message"] == *wait)
    };
    let mut lines = Vec::new();
    eventually(|| {
        lines = server.objects();
        lines.retain(is_of_a_wait);
        lines.len() >= 120
    })
    .await;
    for (id, route) in [(ann_id, "/ws/a"), (bob_id, "/ws/b")] {
        let is_its = |line: &&Value| line["client"] == id.as_str() && line["route"] == route;
        assert_eq!(lines.iter().filter(is_its).count(), 60, "{lines:#?}");
    }
    assert_eq!(lines.len(), 120);
}

#[tokio::test]
async fn a_line_outside_of_all_turns_is_nobodys() {
    let server = Server::start(&[("LOG_FORMAT", "json")]);
    let (mut client, _) = server.connect("/ws/a").await;
    // A task of its own is not the client's turn, though the client waits for it.
    ask(&mut client, "elsewhere", &Value::Null).await;
    let mut other = RawClient::tcp(server.address).await;
    other
        .request("GET /http HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    for message in ["app: elsewhere", "app: http"] {
        server.logs(message).await;
        let line = server.line(message).await;
        assert_eq!((line.get("client"), line.get("route")), (None, None));
    }
    // Who is not let in has no id while it is looked at, but a route that it wants.
    let mut gated = RawClient::tcp(server.address).await;
    gated.request(&upgrade_request("/ws/gated", "")).await;
    gated.ended().await;
    server.logs("not let in").await;
    for message in ["app: middleware", "app: admit"] {
        let line = server.line(message).await;
        assert_eq!(line["route"], "/ws/gated", "{line}");
        assert_eq!(line.get("client"), None, "{line}");
    }
    let refused = server.line("not let in").await;
    assert_eq!(
        (&refused["route"], &refused["code"]),
        (&json!("/ws/gated"), &json!(4401))
    );
}

#[tokio::test]
async fn who_comes_and_who_goes_is_told_with_totals_at_debug() {
    let server = Server::start(&[("LOG_FORMAT", "json")]);
    let (mut ann, _) = server.connect("/ws/a").await;
    ask(&mut ann, "join", &json!("lobby")).await;
    let (mut bob, bob_id) = server.connect("/ws/b").await;
    leave(&mut bob).await;
    server.logs("\"disconnected\"").await;
    let lines = server.objects();
    let totals = |message: &str| {
        let is_bobs =
            |line: &&Value| line["client"] == bob_id.as_str() && line["message"] == message;
        let line = lines.iter().find(is_bobs).expect("a line about bob");
        assert_eq!(line["level"], "debug");
        (line["connections"].clone(), line["rooms"].clone())
    };
    assert_eq!(totals("connected"), (json!(2), json!(1)));
    assert_eq!(totals("disconnected"), (json!(1), json!(1)));

    let quiet = Server::start(&[("LOG_LEVEL", "info")]);
    let (mut client, _) = quiet.connect("/ws/b").await;
    leave(&mut client).await;
    quiet.logs("app: disconnect").await;
    let log = quiet.log();
    assert!(
        !log.contains("connected"),
        "a flood would be one of lines:\n{log}"
    );
}

/// A line that nobody but the server should be able to write, and words for a terminal.
const FORGED: &str = "x\"}\n{\"level\":\"info\",\"message\":\"forged\"}\n1999-12-31T23:59:59Z  INFO forged\r\n\u{1b}[2J\u{9b}31m\u{2028}\u{202e}";

#[tokio::test]
async fn no_client_writes_a_line_of_its_own_in_either_form() {
    for format in ["pretty", "json"] {
        let server = Server::start(&[("LOG_FORMAT", format), ("LOG_LEVEL", "trace")]);
        let (mut client, id) = server.connect("/ws/a").await;
        for event in ["say", "fail", "panic", "join", FORGED] {
            ask(&mut client, event, &json!(FORGED)).await;
        }
        let close = [&4000_u16.to_be_bytes()[..], FORGED.as_bytes()].concat();
        client.send(masked(FIN | CLOSE, &close)).await;
        client.ended().await;
        let percent: String = FORGED.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let mut other = RawClient::tcp(server.address).await;
        let request = format!("GET /{percent} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        other.request(&request).await;
        server.logs("app: disconnect").await;

        let log = server.log();
        for needed in [
            "app: said x",
            "handler failed: x",
            "panicked: x",
            "handler failed: it panicked: x",
            "no handler for event",
        ] {
            assert!(log.contains(needed), "{format}: `{needed}` in:\n{log}");
        }
        let treacherous = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{202e}' | '\u{9b}')
        };
        assert_eq!(log.find(treacherous), None, "{log:?}");
        if format == "pretty" {
            for line in log.lines() {
                assert!(line.starts_with("20"), "`{line}` in:\n{log}");
            }
            let said = log.lines().find(|line| line.contains("app: said"));
            let said = said.expect("it was said");
            let whose = format!(" client={id} route=\"/ws/a\"");
            assert!(
                said.ends_with(&whose) && said.contains(" count=7 "),
                "{said}"
            );
            let panicked = log.lines().find(|line| line.contains(" ERROR panicked: x"));
            let panicked = panicked.expect("it panicked");
            assert!(
                panicked.ends_with(&whose) && panicked.contains(" at=tests/logs.rs:"),
                "{panicked}"
            );
        } else {
            let said = server.line(&format!("app: said {FORGED}")).await;
            assert_eq!(said["text"], FORGED, "unharmed for who parses it");
            assert_eq!(
                (&said["level"], &said["level_"]),
                (&json!("info"), &json!("mine"))
            );
            assert_eq!((&said["count"], &said["client"]), (&json!(7), &json!(id)));
            let panicked = server.line(&format!("panicked: {FORGED}")).await;
            assert_eq!(
                (
                    &panicked["level"],
                    &panicked["client"],
                    &panicked["route"],
                    panicked.get("backtrace")
                ),
                (&json!("error"), &json!(id), &json!("/ws/a"), None)
            );
            let at = panicked["at"].as_str().expect("a place");
            assert!(at.starts_with("tests/logs.rs:"), "{at}");
            let forged = |line: &Value| line["message"] == "forged";
            assert!(!server.objects().iter().any(forged), "{log}");
        }
    }
}

#[tokio::test]
async fn a_panic_is_told_with_its_backtrace_in_one_line_where_that_is_asked_for() {
    let server = Server::start(&[("LOG_FORMAT", "json"), ("RUST_BACKTRACE", "1")]);
    let (mut client, _) = server.connect("/ws/a").await;
    ask(&mut client, "panic", &json!("a bug")).await;
    server.logs("panicked: a bug").await;
    let panicked = server.line("panicked: a bug").await;
    let backtrace = panicked["backtrace"].as_str().expect("it is asked for");
    assert!(backtrace.contains("logs::talk"), "{backtrace}");
}

#[tokio::test]
async fn an_app_with_a_printer_of_its_own_keeps_its_panic_hook() {
    let server = Server::start(&[(OWN_PRINTER, "1")]);
    let (mut client, _) = server.connect("/ws/a").await;
    ask(&mut client, "panic", &json!("a bug")).await;
    server.logs("handler failed: it panicked: a bug").await;
    let log = server.log();
    assert!(log.contains("panicked at tests/logs.rs:"), "{log}");
    assert!(!log.contains(" panicked: a bug at="), "{log}");
}

/// Its printer cannot write, and a panic that is to be told of is no reason to end.
#[tokio::test]
async fn a_server_whose_log_nobody_reads_any_more_serves_on() {
    let server = Server::start_and_read(&[], |line| !line.contains("listening on"));
    for _ in 0..2 {
        let (mut client, _) = server.connect("/ws/a").await;
        for event in ["say", "panic", "fail", "wait"] {
            ask(&mut client, event, &json!("hi")).await;
        }
        leave(&mut client).await;
    }
}

#[tokio::test]
async fn no_token_and_no_payload_is_in_a_json_line() {
    let server = Server::start(&[("LOG_FORMAT", "json"), ("LOG_LEVEL", "trace")]);
    let token = token("ann");
    let bad = format!("{token}x");
    for token in [&token, &bad] {
        let mut client = RawClient::tcp(server.address).await;
        let path = format!("/ws/private?token={token}");
        client.request(&upgrade_request(&path, "")).await;
        client
            .send_text(r#"{"event":"what-she-said","payload":"in-confidence"}"#)
            .await;
        let renewal = json!({"event": "orcs:auth", "payload": {"token": bad}});
        client.send_text(&renewal.to_string()).await;
        client.next().await;
    }
    server.logs("token refused").await;
    server.logs("app: private").await;
    let log = server.log();
    let signature = token.rsplit('.').next().expect("three parts");
    for secret in [signature, SECRET, "in-confidence"] {
        assert!(!log.contains(secret), "`{secret}` in:\n{log}");
    }
    server.objects();
}
