//! Messages that never end and sockets that take nothing. On a clock that stands still.

mod common;

use common::kit::{is_answered, one, route, said, say_all, stats};
use common::raw::{BINARY, CONTINUATION, FIN, PING, PONG, TEXT, announced, masked};
use orcs::prelude::*;
use orcs::testing::{TestApp, TestClient};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

const TEN_SECONDS: Duration = Duration::from_secs(10);

/// Sends a first part, then one more every ten seconds, and is closed after thirty.
async fn is_cut(first: Vec<u8>, more: Vec<u8>) {
    let (app, mut ann) = one(route()).await;
    ann.send_raw(&first).await;
    for _ in 0..2 {
        app.advance(TEN_SECONDS).await;
        ann.send_raw(&more).await;
    }
    assert_eq!(stats(&app).connections, 1);
    app.advance(TEN_SECONDS).await;
    let close = ann.expect_close().await;
    assert_eq!(
        (close.code, close.reason.as_str()),
        (1008, "message took too long")
    );
    assert_eq!(stats(&app).message_timeouts, 1);
}

#[tokio::test]
async fn fragments_without_an_end_are_cut() {
    is_cut(masked(TEXT, b""), masked(CONTINUATION, b" ")).await;
}

#[tokio::test]
async fn pings_in_between_do_not_help() {
    let more = [
        masked(FIN | PING, b"x"),
        masked(CONTINUATION, b" "),
        masked(FIN | PONG, b""),
    ];
    is_cut(masked(BINARY, b"x"), more.concat()).await;
}

#[tokio::test]
async fn a_frame_that_crawls_is_cut() {
    is_cut(announced(FIN | BINARY, 1000), b" ".to_vec()).await;
    is_cut(announced(FIN | PING, 100), b" ".to_vec()).await;
}

#[tokio::test]
async fn half_a_header_is_a_beginning_too() {
    is_cut(vec![FIN | TEXT], Vec::new()).await;
}

#[tokio::test]
async fn each_message_has_its_own_time() {
    let (app, mut ann) = one(route()).await;
    let (begin, end) = (r#"{"event":"say","#, r#""payload":1,"id":1}"#);
    let begin = masked(TEXT, begin.as_bytes());
    let end = masked(FIN | CONTINUATION, end.as_bytes());
    ann.send_raw(&begin).await;
    for _ in 0..5 {
        app.advance(Duration::from_secs(25)).await;
        // The end of one and the beginning of the next are read at once.
        ann.send_raw(&[end.as_slice(), &begin].concat()).await;
        is_answered(&mut ann, [1]).await;
    }
}

#[tokio::test]
async fn a_message_after_a_ping_that_came_in_pieces_has_its_own_time() {
    let (app, mut ann) = one(route()).await;
    let ping = masked(FIN | PING, b"x");
    ann.send_raw(&ping[..3]).await;
    app.advance(Duration::from_secs(25)).await;
    ann.send_raw(&[&ping[3..], &masked(TEXT, b"")].concat())
        .await;
    app.advance(Duration::from_secs(25)).await;
    ann.send_raw(&masked(FIN | CONTINUATION, said(1).as_bytes()))
        .await;
    is_answered(&mut ann, [1]).await;
}

#[tokio::test]
async fn who_has_begun_nothing_has_time() {
    let (app, mut ann) = one(route()).await;
    for _ in 0..20 {
        app.advance(TEN_SECONDS).await;
    }
    say_all(&mut ann, [1]).await;
    is_answered(&mut ann, [1]).await;
}

#[tokio::test]
async fn zero_lets_a_message_take_forever() {
    let route = route().message_timeout(Duration::ZERO);
    let (app, mut ann) = one(route).await;
    ann.send_raw(&masked(TEXT, b"")).await;
    for _ in 0..20 {
        app.advance(TEN_SECONDS).await;
        ann.send_raw(&masked(CONTINUATION, b" ")).await;
    }
    assert_eq!(stats(&app).connections, 1);
}

/// A client that takes nothing of what waits for it, and the code it is closed with.
async fn stalled(route: Route) -> (TestApp, TestClient, Arc<AtomicU16>) {
    let code = Arc::new(AtomicU16::new(0));
    let closed = Arc::clone(&code);
    let route = route.disconnect(async move |_client, close| {
        closed.store(close.code, Ordering::Relaxed);
    });
    let (app, client) = one(route).await;
    client.stop_reading();
    app.manager().broadcast("large", &"x".repeat(200_000));
    app.advance(Duration::from_millis(1)).await;
    (app, client, code)
}

#[tokio::test]
async fn who_takes_nothing_is_cut_with_1013_whatever_its_route_says() {
    for policy in [
        SlowConsumer::Disconnect,
        SlowConsumer::DropNewest,
        SlowConsumer::DropOldest,
        SlowConsumer::Latest,
    ] {
        let (app, mut ann, code) = stalled(route().slow_consumer(policy)).await;
        for number in 0..9 {
            app.advance(Duration::from_secs(1)).await;
            // It is alive, and says so.
            say_all(&mut ann, [number]).await;
        }
        assert_eq!(stats(&app).connections, 1, "{policy:?}");
        app.advance(Duration::from_secs(1)).await;
        assert_eq!(code.load(Ordering::Relaxed), 1013, "{policy:?}");
        assert_eq!((stats(&app).connections, stats(&app).sockets), (0, 0));
        assert_eq!(stats(&app).write_stalls, 1);
    }
}

#[tokio::test]
async fn who_reads_on_in_time_stays() {
    let (app, mut ann, _code) = stalled(route()).await;
    for _ in 0..5 {
        app.advance(Duration::from_secs(9)).await;
        ann.read_on();
        let large: String = ann.expect("large").await;
        assert_eq!(large.len(), 200_000);
        // Nothing waits for it now.
        app.advance(Duration::from_secs(30)).await;
        ann.stop_reading();
        app.manager().broadcast("large", &large);
    }
    assert_eq!(stats(&app).write_stalls, 0);
}

#[tokio::test]
async fn zero_lets_a_socket_take_nothing_forever() {
    let route = route().write_timeout(Duration::ZERO);
    let (app, _ann, _code) = stalled(route).await;
    for _ in 0..5 {
        app.advance(Duration::from_secs(10)).await;
    }
    assert_eq!(stats(&app).connections, 1);
}

#[tokio::test]
async fn who_is_closed_for_another_reason_is_no_stall() {
    let (app, _ann, code) = stalled(route()).await;
    app.advance(Duration::from_secs(8)).await;
    // More than may wait for it: its close frame waits behind, for five seconds.
    for _ in 0..10 {
        app.manager().broadcast("large", &"x".repeat(200_000));
    }
    for _ in 0..7 {
        app.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(code.load(Ordering::Relaxed), 1013);
    assert_eq!((stats(&app).sockets, stats(&app).write_stalls), (0, 0));
}
