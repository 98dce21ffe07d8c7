//! Who is still there: silent clients go, slow handlers do not make anybody look silent.

mod common;

use common::raw::{CLOSE, FIN, Frame, PING, PONG, RawClient, TEXT, masked};
use common::{A_WHILE, App, Gate, config, eventually, start_with, use_up_each_budget, within};
use orcs::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const PATH: &str = "/ws/live";
const IDLE: Duration = Duration::from_millis(400);
/// Handlers that hang are cut after this.
const PATIENCE: Duration = Duration::from_millis(200);

/// A route whose `wait` waits for the gate, and what its `disconnect` was told.
fn route(gate: Gate) -> (Route, mpsc::UnboundedReceiver<Close>) {
    let (ends, ended) = mpsc::unbounded_channel();
    let route = ws(PATH)
        .connect(async |client| client.join("live"))
        .on("wait", async move |_client, ()| {
            gate.pass().await;
            Reply("waited")
        })
        .on("say", async |_client, text: String| Reply(text))
        .disconnect(async move |_client, close| {
            ends.send(close).expect("the test listens");
        });
    (route, ended)
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_closed_with_4408() {
    let (route, mut ended) = route(Gate::shut());
    let app = start_with(route, |config| config.idle_timeout = Some(IDLE)).await;
    let mut client = RawClient::connect(&app, PATH).await;
    assert_eq!(client.frame().await, Frame::new(PING, *b""));
    let (code, reason) = client.closed().await;
    assert_eq!(code, 4408);
    assert!(!reason.is_empty());
    let close = within(ended.recv()).await.unwrap();
    assert_eq!((close.code, close.by), (4408, orcs::Initiator::Server));
    // Its TCP connection, still open on this side, is not waited for: that would be 5 s.
    let gone = timeout(Duration::from_secs(3), app.empties()).await;
    assert!(gone.is_ok());
}

#[tokio::test]
async fn a_client_that_answers_pings_stays() {
    let (route, _ended) = route(Gate::shut());
    let app = start_with(route, |config| config.idle_timeout = Some(IDLE)).await;
    let mut client = RawClient::connect(&app, PATH).await;
    for _ in 0..6 {
        assert_eq!(client.frame().await, Frame::new(PING, *b""));
        client.send(masked(FIN | PONG, b"")).await;
    }
    assert_eq!(app.manager.get_stats().connections, 1);
}

#[tokio::test]
async fn any_frame_is_a_sign_of_life() {
    let (route, mut ended) = route(Gate::shut());
    let app = start_with(route, |config| config.idle_timeout = Some(IDLE)).await;
    let mut client = RawClient::connect(&app, PATH).await;
    // A message in pieces: nothing to handle for several timeouts, but life.
    client.send(masked(TEXT, br#"{"event":"#)).await;
    let pieces = 3 * IDLE.as_millis() / 100;
    for _ in 0..pieces {
        sleep(Duration::from_millis(100)).await;
        client.send(masked(0, b" ")).await;
    }
    client
        .send(masked(FIN, br#""say","payload":"hi","id":1}"#))
        .await;
    loop {
        let frame = client.frame().await;
        if frame.first == FIN | TEXT {
            let text = String::from_utf8(frame.payload).unwrap();
            assert_eq!(text, r#"{"event":"orcs:ack","payload":"hi","id":1}"#);
            break;
        }
        assert_eq!(frame, Frame::new(PING, *b""));
    }
    assert!(ended.try_recv().is_err());
}

#[tokio::test]
async fn without_an_idle_timeout_nobody_is_asked_or_closed() {
    // In code as in `.env`, zero is off.
    for off in [None, Some(Duration::ZERO)] {
        let (route, _ended) = route(Gate::shut());
        let app = start_with(route, |config| config.idle_timeout = off).await;
        let mut client = RawClient::connect(&app, PATH).await;
        assert!(timeout(2 * IDLE, client.next()).await.is_err());
        client.is_answered().await;
    }
}

#[tokio::test]
async fn a_long_handler_does_not_make_its_client_look_dead() {
    let gate = Gate::shut();
    let (route, _ended) = route(gate.clone());
    let app = start_with(route, |config| {
        config.idle_timeout = Some(IDLE);
        config.handler_timeout = None;
    })
    .await;
    let mut client = app.connect(PATH).await;
    client.send(r#"{"event":"wait","id":1}"#).await;
    client
        .send(r#"{"event":"say","payload":"hi","id":2}"#)
        .await;
    // Reading answers the pings.
    assert!(timeout(3 * IDLE, client.text()).await.is_err());
    gate.open();
    assert_eq!(
        client.text().await,
        r#"{"event":"orcs:ack","payload":"waited","id":1}"#
    );
    assert_eq!(
        client.text().await,
        r#"{"event":"orcs:ack","payload":"hi","id":2}"#
    );
}

#[tokio::test]
async fn a_connect_that_hangs_closes_with_1011() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let app = start_with(
        ws(PATH)
            .connect(async |client| {
                client.join("live");
                std::future::pending::<()>().await;
            })
            .on("say", async |_client, text: String| Reply(text))
            .disconnect(async move |_client, _close| {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
        |config| config.handler_timeout = Some(PATIENCE),
    )
    .await;
    let mut client = RawClient::connect(&app, PATH).await;
    client
        .send_text(r#"{"event":"say","payload":"hi","id":1}"#)
        .await;
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.as_str()), (1011, "the handler took too long"));
    drop(client);
    app.empties().await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_event_that_hangs_is_answered_with_timeout_and_the_next_ones_run() {
    let (route, mut ended) = route(Gate::shut());
    let app = start_with(route, |config| config.handler_timeout = Some(PATIENCE)).await;
    let mut client = app.connect(PATH).await;
    for sent in [
        r#"{"event":"wait","id":1}"#,
        r#"{"event":"wait"}"#,
        r#"{"event":"say","payload":"hi","id":3}"#,
    ] {
        client.send(sent).await;
    }
    assert_eq!(
        client.text().await,
        r#"{"event":"error","payload":{"message":"the handler took too long","code":"timeout"},"id":1}"#
    );
    assert_eq!(
        client.text().await,
        r#"{"event":"error","payload":{"message":"the handler took too long","code":"timeout"}}"#
    );
    assert_eq!(
        client.text().await,
        r#"{"event":"orcs:ack","payload":"hi","id":3}"#
    );
    assert!(ended.try_recv().is_err());
    client.close().await;
    assert_eq!(within(ended.recv()).await.unwrap().code, 1005);
}

/// An app with a handler that is always ready to go on, and a client for whom it runs.
async fn greedy(handler_timeout: Option<Duration>) -> (App, RawClient) {
    let (steps, mut step) = mpsc::unbounded_channel();
    let (route, _ended) = route(Gate::shut());
    let route = route.on("work", async move |_client, ()| {
        steps.send(()).expect("the test listens");
        use_up_each_budget().await;
    });
    let app = start_with(route, |config| config.handler_timeout = handler_timeout).await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"work","id":1}"#).await;
    within(step.recv()).await.expect("it has begun");
    (app, client)
}

#[tokio::test]
async fn a_handler_that_uses_up_each_budget_keeps_no_ping_waiting() {
    let (_app, mut client) = greedy(None).await;
    for payload in ["one", "two"] {
        client.send(masked(FIN | PING, payload.as_bytes())).await;
        assert_eq!(client.frame().await, Frame::new(PONG, payload));
    }
}

#[tokio::test]
async fn a_handler_that_uses_up_each_budget_is_cut() {
    let (_app, mut client) = greedy(Some(PATIENCE)).await;
    client
        .send_text(r#"{"event":"say","payload":"hi","id":2}"#)
        .await;
    assert_eq!(
        client.text().await,
        r#"{"event":"error","payload":{"message":"the handler took too long","code":"timeout"},"id":1}"#
    );
    assert_eq!(
        client.text().await,
        r#"{"event":"orcs:ack","payload":"hi","id":2}"#
    );
}

#[tokio::test]
async fn a_disconnect_that_hangs_is_cut() {
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    let app = start_with(
        ws(PATH)
            .connect(async |client| client.join("live"))
            .disconnect(async move |_client, _close| {
                counted.fetch_add(1, Ordering::Relaxed);
                std::future::pending::<()>().await;
            }),
        |config| config.handler_timeout = Some(PATIENCE),
    )
    .await;
    for _ in 0..3 {
        app.connect(PATH).await.close().await;
    }
    app.empties().await;
    assert_eq!(begun.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_handler_may_take_longer_when_nobody_limits_it() {
    for off in [None, Some(Duration::ZERO)] {
        let gate = Gate::shut();
        let (route, _ended) = route(gate.clone());
        let app = start_with(route, |config| config.handler_timeout = off).await;
        let mut client = app.connect(PATH).await;
        client.send(r#"{"event":"wait","id":1}"#).await;
        sleep(A_WHILE).await;
        gate.open();
        assert_eq!(
            client.text().await,
            r#"{"event":"orcs:ack","payload":"waited","id":1}"#
        );
    }
}

#[tokio::test]
async fn who_says_close_and_keeps_its_tcp_is_gone_in_time() {
    let (route, mut ended) = route(Gate::shut());
    let app = start_with(route, |_| {}).await;
    let mut client = RawClient::connect(&app, PATH).await;
    client
        .send(masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
        .await;
    assert_eq!(client.closed().await.0, 1000);
    assert_eq!(within(ended.recv()).await.unwrap().code, 1000);
    let manager = app.manager.clone();
    eventually(move || manager.get_stats().connections == 0).await;
    // 5 seconds at most, in which it may go on sending.
    app.empties().await;
    drop(client);
}

/// A route that sends each client this many bytes.
fn downloads(bytes: usize) -> (Route, mpsc::UnboundedReceiver<Close>) {
    let (route, ended) = route(Gate::shut());
    let route = route.connect(async move |client| {
        client.send("large", &"x".repeat(bytes));
    });
    (route, ended)
}

/// A client that is sent more than its kernel and ours hold, and what its `disconnect`
/// was told.
async fn downloading(
    bytes: usize,
    idle_timeout: Duration,
) -> (App, RawClient, mpsc::UnboundedReceiver<Close>) {
    let (route, ended) = downloads(bytes);
    let config = config(|config| config.idle_timeout = Some(idle_timeout));
    let app = App::start_with_small_buffers(orcs::App::new(config, route)).await;
    let client = RawClient::connect_with_small_buffers(&app, PATH).await;
    (app, client, ended)
}

#[tokio::test]
async fn who_stops_reading_a_download_is_closed_with_4408() {
    let (app, mut client, mut ended) = downloading(3 << 20, IDLE).await;
    let mut some = vec![0; 256 << 10];
    within(client.stream.read_exact(&mut some)).await.unwrap();
    assert_eq!(within(ended.recv()).await.unwrap().code, 4408);
    app.empties().await;
}

#[tokio::test]
async fn a_long_download_is_not_silence() {
    let idle_timeout = Duration::from_secs(1);
    let (_app, mut client, mut ended) = downloading(3 << 20, idle_timeout).await;
    // For longer than that it gets what it was sent before the ping, so that it cannot answer
    // one.
    let large = client.frame_slowly(idle_timeout * 5 / 4).await;
    assert!(large.payload.len() > 3 << 20);
    assert_eq!(client.frame().await, Frame::new(PING, *b""));
    client.send(masked(FIN | PONG, b"")).await;
    client.is_answered().await;
    assert!(ended.try_recv().is_err());
}

#[tokio::test]
async fn who_stops_taking_a_download_is_cut_with_1013() {
    let (route, mut ended) = downloads(3 << 20);
    let config = config(|config| config.write_timeout = Some(IDLE));
    let app = App::start_with_small_buffers(orcs::App::new(config, route)).await;
    let mut client = RawClient::connect_with_small_buffers(&app, PATH).await;
    let mut some = vec![0; 256 << 10];
    within(client.stream.read_exact(&mut some)).await.unwrap();
    let close = within(async {
        loop {
            // It is alive, and says so; only, it does not read. Once it is cut, nobody hears it.
            let _ = client.stream.write_all(&masked(FIN | PONG, b"")).await;
            if let Ok(close) = timeout(IDLE / 8, ended.recv()).await {
                return close.unwrap();
            }
        }
    })
    .await;
    assert_eq!((close.code, close.by), (1013, orcs::Initiator::Server));
    app.empties().await;
    assert_eq!(app.manager.get_stats().write_stalls, 1);
}

#[tokio::test]
async fn who_takes_a_download_slowly_is_not_cut() {
    // The kernel says that a socket takes something when a third of its buffer is free, which
    // here is most of a megabyte, and this client takes less than one in a second. Its own
    // kernel holds little: a large one makes room in steps of such a size, too.
    let (route, mut ended) = downloads(16 << 20);
    let write_timeout = Duration::from_millis(500);
    let app = start_with(route, |config| config.write_timeout = Some(write_timeout)).await;
    let mut client = RawClient::connect_with_small_buffers(&app, PATH).await;
    let began = Instant::now();
    let mut piece = [0; 16 << 10];
    while began.elapsed() < 6 * write_timeout {
        sleep(Duration::from_millis(20)).await;
        within(client.stream.read_exact(&mut piece)).await.unwrap();
    }
    assert!(ended.try_recv().is_err(), "it takes something all the time");
    assert_eq!(app.manager.get_stats().write_stalls, 0);
}
