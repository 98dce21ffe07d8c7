//! What all clients together may make a server hold.

mod common;

use common::kit::{app, is_answered, route, say, say_all, slow, stats};
use common::raw::{BINARY, FIN, RawClient, announced, masked};
use common::start_with;
use orcs::testing::{TestApp, TestClient};
use std::fs;
use std::time::Duration;

const MESSAGE_BYTES: usize = 100_000;

/// An app that holds the beginnings of two large messages, but not of three.
async fn small() -> TestApp {
    app(route(), |config| {
        config.max_payload_bytes = MESSAGE_BYTES;
        config.max_inbound_bytes = 250_000;
    })
    .await
}

/// A client that has sent nearly all of a large message.
async fn half_sent(app: &TestApp) -> TestClient {
    let mut client = app.connect("/ws").await;
    let mut bytes = announced(FIN | BINARY, MESSAGE_BYTES as u64);
    bytes.resize(bytes.len() + MESSAGE_BYTES - 1, b'x');
    client.send_raw(&bytes).await;
    client
}

#[tokio::test]
async fn who_needs_more_than_is_left_is_closed_with_1013_and_the_others_go_on() {
    let app = small().await;
    let mut talker = app.connect("/ws").await;
    let mut early = [half_sent(&app).await, half_sent(&app).await];
    let held_bytes = stats(&app).inbound_bytes;
    assert!((180_000..=200_000).contains(&held_bytes), "{held_bytes}");

    let mut late = half_sent(&app).await;
    let close = late.expect_close().await;
    assert_eq!(
        (close.code, close.reason.as_str()),
        (1013, "server is out of memory for messages")
    );
    assert_eq!(stats(&app).inbound_refused, 1);
    assert_eq!(stats(&app).inbound_bytes, held_bytes, "what it had is free");

    // Small messages need nothing, also when they come in pieces.
    say_all(&mut talker, 0..10).await;
    is_answered(&mut talker, 0..10).await;
    for piece in say(10).chunks(5) {
        talker.send_raw(piece).await;
    }
    is_answered(&mut talker, [10]).await;

    for client in &mut early {
        client.send_raw(b"x").await;
        let length: usize = client.expect("bytes").await;
        assert_eq!(length, MESSAGE_BYTES);
    }
    assert_eq!(stats(&app).inbound_bytes, 0);
    let mut again = half_sent(&app).await;
    again.send_raw(b"x").await;
    assert_eq!(again.expect::<usize>("bytes").await, MESSAGE_BYTES);
}

#[tokio::test]
async fn who_goes_leaves_nothing_behind() {
    let app = small().await;
    for _ in 0..5 {
        let clients = [half_sent(&app).await, half_sent(&app).await];
        for client in clients {
            client.cut().await;
        }
        assert_eq!(stats(&app).inbound_bytes, 0);
    }
    assert_eq!(stats(&app).inbound_refused, 0);
}

#[tokio::test]
async fn events_that_wait_count_too() {
    let app = small().await;
    let large = masked(FIN | BINARY, &[b'x'; MESSAGE_BYTES]);
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = app.connect("/ws").await;
        client.send_raw(&[slow(), large.clone()].concat()).await;
        waiting.push(client);
    }
    let held_bytes = stats(&app).inbound_bytes;
    assert!((180_000..=200_000).contains(&held_bytes), "{held_bytes}");
    let mut late = app.connect("/ws").await;
    late.send_raw(&[slow(), large.clone()].concat()).await;
    assert_eq!(late.expect_close().await.code, 1013);
    for client in &mut waiting {
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(client.expect::<usize>("bytes").await, MESSAGE_BYTES);
    }
    assert_eq!(stats(&app).inbound_bytes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_messages_of_many_clients_do_not_use_up_memory() {
    let budget_bytes = 32 << 20;
    let app = start_with(route(), |config| config.max_inbound_bytes = budget_bytes).await;
    let mut talker = RawClient::connect(&app, "/ws").await;
    let before_kib = resident_kib();
    let part = vec![b'x'; 4 << 20];
    let mut clients = Vec::new();
    let mut refused = 0;
    for number in 0..64 {
        let mut client = RawClient::connect(&app, "/ws").await;
        client.send(announced(FIN | BINARY, 16 << 20)).await;
        client.send(&part).await;
        clients.push(client);
        // It is heard whatever the others do.
        talker.send(say(number)).await;
        let answer = format!(r#"{{"event":"orcs:ack","payload":{number},"id":{number}}}"#);
        assert_eq!(talker.text().await, answer);
        refused = app.manager.get_stats().inbound_refused;
    }
    let stats = app.manager.get_stats();
    assert!(stats.inbound_bytes <= budget_bytes, "{stats:?}");
    assert!(refused > 48, "{stats:?}");
    let grown_kib = resident_kib() - before_kib;
    assert!(grown_kib < 3 * (budget_bytes >> 10), "{grown_kib} KiB");
    let mut last = clients.pop().expect("the last of them");
    assert_eq!(last.closed().await.0, 1013);
    drop((clients, last, talker));
    app.empties().await;
    assert_eq!(app.manager.get_stats().inbound_bytes, 0);
}

/// The most memory this process has had.
fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or_default()
}
