//! Restarting: everybody is told to come back, not all at once, and nobody who is on his way
//! in is hung up on.

mod common;

use common::raw::{FIN, RawClient, TEXT, upgrade_request};
use common::{App, eventually, start, start_with, within};
use orcs::Routes;
use orcs::prelude::*;
use orcs::warp::{self, Filter};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

const PATH: &str = "/ws/stop";

/// An app with so many clients, each of which was answered once.
async fn crowd(number: usize) -> (App, Vec<RawClient>) {
    let route = ws(PATH).on("say", async |_client, text: String| Reply(text));
    let app = start_with(route, |config| config.max_connections_per_ip = None).await;
    let mut clients = Vec::new();
    for _ in 0..number {
        let mut client = RawClient::connect(&app, PATH).await;
        client.is_answered().await;
        clients.push(client);
    }
    (app, clients)
}

#[tokio::test]
async fn a_restart_tells_few_at_once_and_many_one_after_another() {
    let (app, clients) = crowd(300).await;
    let begin = Instant::now();
    app.shutdown_handle().restart();
    let finished = tokio::spawn(app.server.finished());
    let mut moments = Vec::new();
    let mut leaving = JoinSet::new();
    for mut client in clients {
        leaving.spawn(async move {
            assert_eq!(client.closed().await.0, 1012);
            begin.elapsed()
        });
    }
    while let Some(moment) = within(leaving.join_next()).await {
        moments.push(moment.unwrap());
    }
    within(finished).await.unwrap().unwrap();
    moments.sort_unstable();
    // 100 at once, 200 in a fifth of a second.
    assert!(
        moments[150] >= Duration::from_millis(40),
        "{:?}",
        moments[150]
    );
    assert!(
        moments[299] >= Duration::from_millis(190),
        "{:?}",
        moments[299]
    );
}

#[tokio::test]
async fn whoever_is_told_late_is_served_until_then() {
    let (app, mut clients) = crowd(800).await;
    let mut late = RawClient::tcp(app.address).await;
    let manager = app.manager.clone();
    eventually(|| manager.get_stats().sockets == 801).await;
    app.shutdown_handle().restart();
    // Who comes in meanwhile has not come too late, and need not stay.
    let answer = late.request(&upgrade_request(PATH, "")).await;
    assert_eq!(answer.status, 101);
    assert_eq!(late.closed().await.0, 1012);
    let mut served = 0;
    for client in &mut clients {
        client
            .send_text(r#"{"event":"say","payload":"hi","id":2}"#)
            .await;
        let frame = client.frame().await;
        if frame.first == FIN | TEXT {
            served += 1;
            assert_eq!(client.closed().await.0, 1012);
        } else {
            assert_eq!(frame.close().0, 1012);
        }
    }
    assert!(served > 0, "somebody was served");
}

#[tokio::test]
async fn what_waits_for_a_client_is_sent_before_it_is_told_of_the_restart() {
    let route = ws(PATH).connect(async |client| client.join("all"));
    let app = start(route).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(RawClient::connect(&app, PATH).await);
    }
    let manager = app.manager.clone();
    eventually(|| manager.get_room_clients("all").len() == 20).await;
    for number in 0..1000 {
        manager.to("all").send("news", &number);
    }
    app.shutdown_handle().restart();
    for client in &mut clients {
        for number in 0..1000 {
            let text = format!(r#"{{"event":"news","payload":{number}}}"#);
            assert_eq!(client.text().await, text);
        }
        assert_eq!(client.closed().await.0, 1012);
    }
}

/// A request that keeps its connection.
const GET: &str = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn a_request_that_is_under_way_at_a_restart_is_answered() {
    let page = |_| warp::path("page").map(|| "a page");
    let app = start(Routes::new().add(ws(PATH)).http(page)).await;
    let mut silent = RawClient::tcp(app.address).await;
    let mut half = RawClient::tcp(app.address).await;
    half.send(&GET[..20]).await;
    let mut kept = RawClient::tcp(app.address).await;
    assert_eq!(kept.request(GET).await.status, 200);
    let mut socket = RawClient::tcp(app.address).await;
    let manager = app.manager.clone();
    eventually(|| manager.get_stats().sockets == 4).await;
    app.shutdown_handle().restart();
    let finished = tokio::spawn(app.server.finished());
    sleep(Duration::from_millis(100)).await;

    let answers = [
        silent.request(GET).await,
        half.request(&GET[20..]).await,
        kept.request(GET).await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.body.as_str()), (200, "a page"));
        assert_eq!(answer.header("connection"), Some("close"));
    }
    let answer = socket.request(&upgrade_request(PATH, "")).await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("connection"), Some("Upgrade"));
    assert_eq!(socket.closed().await.0, 1012);
    for client in [&mut silent, &mut half, &mut kept] {
        client.ended().await;
    }
    drop(socket);
    within(finished).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_is_silent_holds_a_restart_up_for_two_seconds_at_most() {
    let app = start(Routes::new()).await;
    let mut silent = RawClient::tcp(app.address).await;
    let manager = app.manager.clone();
    eventually(|| manager.get_stats().sockets == 1).await;
    let begin = Instant::now();
    app.shutdown_handle().restart();
    within(app.server.finished()).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(1900), "it waits");
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
    silent.ended().await;
}

#[tokio::test]
async fn who_waits_at_the_door_when_it_closes_for_a_restart_is_let_in_and_told() {
    let app = start(ws(PATH)).await;
    let mut waiting = Vec::new();
    for _ in 0..30 {
        // Without tokio: the server has no turn before it is told to restart.
        let mut stream = std::net::TcpStream::connect(app.address).unwrap();
        let request = upgrade_request(PATH, "");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        waiting.push(stream);
    }
    app.shutdown_handle().restart();
    for stream in waiting {
        let mut client = RawClient::of(TcpStream::from_std(stream).unwrap());
        let answer = within(client.answer()).await.expect("an answer");
        assert_eq!(answer.status, 101);
        assert_eq!(client.closed_at_last().await, 1012);
    }
}

#[tokio::test]
async fn a_handshake_that_takes_longer_than_that_is_answered_as_ever() {
    let route = ws(PATH).admit(async |_request| {
        sleep(Duration::from_millis(2500)).await;
        Ok(())
    });
    let app = start(route).await;
    let mut client = RawClient::tcp(app.address).await;
    client.send(upgrade_request(PATH, "")).await;
    let manager = app.manager.clone();
    eventually(|| manager.get_stats().sockets == 1).await;
    app.shutdown_handle().restart();
    let answer = within(client.answer()).await.expect("an answer");
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("connection"), Some("Upgrade"));
    assert_eq!(client.closed().await.0, 1012);
}
