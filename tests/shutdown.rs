//! Stopping: everybody is told, every `disconnect` has run, nobody new comes in.

mod common;

use common::raw::{FIN, PING, RawClient, masked, upgrade_request};
use common::{
    A_WHILE, App, Gate, config, eventually, start, start_with, use_up_each_budget, within,
};
use orcs::prelude::*;
use orcs::{Initiator, Routes};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const PATH: &str = "/ws/stop";

/// A route whose `disconnect` takes a while, and how many of them have ended.
fn slow_to_leave() -> (Route, Arc<AtomicUsize>) {
    let ends = Arc::new(AtomicUsize::new(0));
    let ended = Arc::clone(&ends);
    let route = ws(PATH)
        .connect(async |client| client.join("all"))
        .on("ready", async |_client, ()| {})
        .disconnect(async move |client, close| {
            assert_eq!(close.by, Initiator::Server);
            client.to("all").send("left", &());
            sleep(Duration::from_millis(50)).await;
            ended.fetch_add(1, Ordering::Relaxed);
        });
    (route, ends)
}

/// An app on an address that no other test uses: a port that it lets go of is nobody's. All of
/// 127.0.0.0/8 is loopback on Linux.
async fn alone(last: u8, port: u16) -> App {
    let (route, _) = slow_to_leave();
    let settings = config(|config| {
        if cfg!(target_os = "linux") {
            config.host = Some(Ipv4Addr::new(127, 0, 0, last).into());
        }
        config.port = port;
    });
    App::start(orcs::App::new(settings, route)).await
}

/// Connects until the route's `connect` has run.
async fn ready(app: &App) -> RawClient {
    let mut client = RawClient::connect(app, PATH).await;
    client.send_text(r#"{"event":"ready","id":1}"#).await;
    client.text().await;
    client
}

#[tokio::test]
async fn everybody_is_closed_with_1001_and_every_disconnect_has_run() {
    let (route, ends) = slow_to_leave();
    let app = start(route).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(ready(&app).await);
    }
    let manager = app.manager.clone();
    let stop = tokio::spawn(app.stop());
    for client in &mut clients {
        assert_eq!(client.closed_at_last().await, 1001);
    }
    drop(clients);
    within(stop).await.unwrap();
    assert_eq!(ends.load(Ordering::Relaxed), 20);
    let stats = manager.get_stats();
    assert_eq!((stats.connections, stats.rooms, stats.sockets), (0, 0, 0));
}

#[tokio::test]
async fn a_restart_closes_with_1012() {
    let (route, ends) = slow_to_leave();
    let app = start(route).await;
    let mut client = ready(&app).await;
    let handle = app.shutdown_handle();
    handle.restart();
    // The first word counts.
    handle.shutdown();
    let finished = tokio::spawn(app.server.finished());
    assert_eq!(
        client.closed().await,
        (1012, "the server restarts".to_owned())
    );
    drop(client);
    within(finished).await.unwrap().unwrap();
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn nobody_new_comes_in() {
    let app = alone(3, 0).await;
    let address = app.address;
    app.stop().await;
    assert!(within(TcpStream::connect(address)).await.is_err());
}

#[tokio::test]
async fn the_port_is_free_when_it_has_finished() {
    let app = alone(4, 0).await;
    let address = app.address;
    let client = ready(&app).await;
    let stop = tokio::spawn(app.stop());
    drop(client);
    within(stop).await.unwrap();
    let again = alone(4, address.port()).await;
    ready(&again).await;
}

#[tokio::test]
async fn without_clients_it_finishes_at_once() {
    let (route, _) = slow_to_leave();
    let app = start(route).await;
    let silent = RawClient::tcp(app.address).await;
    let mut idle = RawClient::tcp(app.address).await;
    let answer = idle
        .request("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!(answer.status, 404);
    let manager = app.manager.clone();
    eventually(move || manager.get_stats().sockets == 2).await;
    app.shutdown_handle().shutdown();
    let finished = timeout(Duration::from_secs(4), app.server.finished()).await;
    assert!(finished.is_ok(), "an open HTTP connection holds nothing up");
    drop((silent, idle));
}

#[tokio::test]
async fn a_running_handler_ends_before_its_disconnect() {
    let gate = Gate::shut();
    let shut = gate.clone();
    let (steps, mut step) = mpsc::unbounded_channel();
    let last = steps.clone();
    let app = start(
        ws(PATH)
            .on("work", async move |_client, number: u32| {
                steps.send(format!("begins {number}")).unwrap();
                shut.pass().await;
                steps.send(format!("ends {number}")).unwrap();
            })
            .disconnect(async move |_client, close| {
                last.send(format!("disconnect {}", close.code)).unwrap();
            }),
    )
    .await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"work","payload":1}"#).await;
    // What still waits when the server stops is not begun.
    client.send_text(r#"{"event":"work","payload":2}"#).await;
    assert_eq!(within(step.recv()).await.unwrap(), "begins 1");
    client.send(masked(FIN | PING, b"")).await;
    client.frame().await;
    let stop = tokio::spawn(app.stop());
    assert_eq!(client.closed().await.0, 1001);
    drop(client);
    sleep(Duration::from_millis(50)).await;
    assert!(!stop.is_finished(), "a handler is waited for");
    gate.open();
    within(stop).await.unwrap();
    assert_eq!(step.recv().await.unwrap(), "ends 1");
    assert_eq!(step.recv().await.unwrap(), "disconnect 1001");
    assert_eq!(step.recv().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_connects_at_that_very_moment_is_closed_too() {
    for round in 0..30 {
        let (route, ends) = slow_to_leave();
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&begun);
        let route = route.connect(async move |client| {
            counted.fetch_add(1, Ordering::Relaxed);
            client.join("all");
        });
        let app = start(route).await;
        let address = app.address;
        let clients: Vec<_> = (0..20)
            .map(|number| {
                tokio::spawn(async move {
                    sleep(Duration::from_micros(number * 100)).await;
                    let Ok(stream) = TcpStream::connect(address).await else {
                        return;
                    };
                    let mut client = RawClient::of(stream);
                    // Refused, hung up on, or let in and then closed; but never left open.
                    let request = upgrade_request(PATH, "");
                    let sent =
                        tokio::io::AsyncWriteExt::write_all(&mut client.stream, request.as_bytes());
                    if sent.await.is_ok() {
                        client.ended().await;
                    }
                })
            })
            .collect();
        sleep(Duration::from_micros(round * 50)).await;
        let manager = app.manager.clone();
        within(app.stop()).await;
        assert_eq!(
            ends.load(Ordering::Relaxed),
            begun.load(Ordering::Relaxed),
            "each that began has ended"
        );
        assert_eq!(manager.get_stats().connections, 0);
        for client in clients {
            within(client).await.unwrap();
        }
    }
}

#[tokio::test]
async fn dropping_the_server_leaves_the_app_running() {
    let (route, ends) = slow_to_leave();
    let app = start(route).await;
    let mut client = ready(&app).await;
    let address = app.address;
    // No handle is kept either: nobody can ask for the end any more, and nobody did.
    drop(app);
    assert!(timeout(A_WHILE, client.next()).await.is_err());
    let mut newcomer = RawClient::tcp(address).await;
    let answer = newcomer.request(&upgrade_request(PATH, "")).await;
    assert_eq!(answer.status, 101);
    for client in [&mut client, &mut newcomer] {
        client.send_text(r#"{"event":"ready","id":2}"#).await;
        client.text().await;
    }
    assert_eq!(ends.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_handler_that_uses_up_each_budget_does_not_hold_up_the_end() {
    let (steps, mut step) = mpsc::unbounded_channel();
    let route = ws(PATH)
        .on("work", async move |_client, ()| {
            steps.send(()).expect("the test listens");
            use_up_each_budget().await;
        })
        .disconnect(async |_client, _close| {});
    let app = start_with(route, |config| {
        config.handler_timeout = Some(Duration::from_millis(300));
    })
    .await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"work"}"#).await;
    within(step.recv()).await.unwrap();
    let stop = tokio::spawn(app.stop());
    assert_eq!(client.closed().await.0, 1001);
    drop(client);
    within(stop).await.unwrap();
}

#[tokio::test]
async fn a_handle_closes_everybody_also_when_nobody_waits_for_the_end() {
    let (route, _) = slow_to_leave();
    let app = start(route).await;
    let mut client = ready(&app).await;
    let handle = app.shutdown_handle();
    // "Dropping it leaves the app running."
    drop(app.server);
    handle.shutdown();
    assert_eq!(client.closed().await.0, 1001);
}

#[tokio::test]
async fn half_a_request_holds_the_end_up_for_the_header_timeout_at_most() {
    let mut settings = config(|config| config.header_timeout = Duration::from_millis(300));
    settings.idle_timeout = None;
    let app = App::start(orcs::App::new(settings, Routes::new())).await;
    let mut slow = RawClient::tcp(app.address).await;
    slow.send("GET / HTTP/1.1\r\nHost: loc").await;
    let manager = app.manager.clone();
    eventually(move || manager.get_stats().sockets == 1).await;
    app.shutdown_handle().shutdown();
    let finished = timeout(Duration::from_secs(5), app.server.finished()).await;
    assert!(finished.is_ok());
    slow.ended().await;
}
