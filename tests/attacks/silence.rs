//! Those who say nothing, or too little to be worth a connection.

use crate::common::raw::{
    BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, TEXT, announced, masked, upgrade_request,
};
use crate::common::within;
use crate::kit::{Attack, MIB};
use crate::server::{FRAGILE, OPEN, RAW};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const HASTY: &[(&str, &str)] = &[("HTTP_HEADER_TIMEOUT", "1s")];

#[tokio::test]
async fn who_asks_for_nothing_is_hung_up_on() {
    let attack = Attack::begin("200 silent TCP connections", HASTY).await;
    let began = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(attack.tcp().await);
    }
    for client in &mut clients {
        client.ended().await;
    }
    let answer = format!("hung up on after {:.1?}", began.elapsed());
    attack.ends(&answer, 8 * MIB).await;
}

#[tokio::test]
async fn who_asks_one_byte_at_a_time_is_hung_up_on() {
    let attack = Attack::begin("50 slowlorises", HASTY).await;
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let mut client = attack.tcp().await;
        all.spawn(async move {
            let began = Instant::now();
            let request = upgrade_request(OPEN, "X: y\r\n");
            // At this pace the request takes 10 seconds.
            let pause = Duration::from_secs(10) / request.len() as u32;
            for byte in request.bytes() {
                if client.stream.write_all(&[byte]).await.is_err() {
                    break;
                }
                sleep(pause).await;
            }
            client.ended().await;
            began.elapsed()
        });
    }
    let mut longest = Duration::ZERO;
    while let Some(ended) = all.join_next().await {
        longest = longest.max(ended.expect("it ends"));
    }
    assert!(longest < Duration::from_secs(8), "{longest:?}");
    let answer = format!("hung up on after {longest:.1?}");
    attack.ends(&answer, 4 * MIB).await;
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_with_4408() {
    let attack = Attack::begin("100 half-open clients", &[("WS_IDLE_TIMEOUT", "1s")]).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(attack.connect(OPEN).await);
    }
    for client in &mut clients {
        assert_eq!(client.frame().await, Frame::new(PING, b""));
        assert_eq!(client.closed().await.0, 4408);
    }
    // Their TCP connections are not waited for.
    attack.ends("4408", 4 * MIB).await;
    drop(clients);
}

#[tokio::test]
async fn a_pause_of_the_whole_process_throws_nobody_out() {
    let attack = Attack::begin("the server is paused for 3 s", &[("WS_IDLE_TIMEOUT", "1s")]).await;
    a_pause_closes_nobody(attack).await;
}

#[tokio::test]
async fn a_pause_is_no_missed_heartbeat_and_no_inactivity() {
    let settings = [
        ("WS_HEARTBEAT_INTERVAL", "300ms"),
        ("WS_HEARTBEAT_MISSES", "2"),
        ("WS_INACTIVITY_TIMEOUT", "2s"),
    ];
    let attack = Attack::begin("the same, counted by heartbeats", &settings).await;
    a_pause_closes_nobody(attack).await;
}

/// Pauses the server for three seconds, while fifty clients say nothing but the pongs that they are asked for.
async fn a_pause_closes_nobody(attack: Attack) {
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let mut client = attack.connect(OPEN).await;
        all.spawn(async move {
            // More than the pause costs: each of its limits is over in it, and has begun anew.
            for _ in 0..6 {
                assert_eq!(client.frame().await, Frame::new(PING, b""));
                client.send(masked(FIN | PONG, b"")).await;
            }
        });
    }
    sleep(Duration::from_millis(700)).await;
    attack.server.signal("STOP");
    sleep(Duration::from_secs(3)).await;
    attack.server.signal("CONT");
    while let Some(ended) = all.join_next().await {
        ended.expect("nobody is closed");
    }
    attack.ends("nobody is closed", 4 * MIB).await;
}

#[tokio::test]
async fn who_says_close_and_keeps_its_tcp_is_freed() {
    let attack = Attack::begin("50 keep TCP behind a close", &[]).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = attack.connect(OPEN).await;
        client
            .send(masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
            .await;
        assert_eq!(client.closed().await.0, 1000);
        clients.push(client);
    }
    // Freed after 5 s, while the connections are open on this side.
    attack.ends("1000, freed in time", 4 * MIB).await;
    drop(clients);
}

#[tokio::test]
async fn an_admission_that_never_ends_is_closed_with_4408() {
    let attack = Attack::begin("50 admissions hang", &[("WS_AUTH_TIMEOUT", "500ms")]).await;
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let mut client = attack.tcp().await;
        all.spawn(async move {
            let request = upgrade_request(&format!("{FRAGILE}?how=never"), "");
            let answer = within(client.request(&request)).await;
            assert_eq!(answer.status, 101);
            client.closed().await
        });
    }
    while let Some(closed) = all.join_next().await {
        let (code, reason) = closed.expect("it is closed");
        assert_eq!((code, reason.as_str()), (4408, "admission took too long"));
    }
    attack.ends("4408", 4 * MIB).await;
}

#[tokio::test]
async fn a_message_that_never_ends_is_closed_with_1008() {
    let settings = [("WS_MESSAGE_TIMEOUT", "1s")];
    let attack = Attack::begin("50 messages that never end", &settings).await;
    let fragments = (masked(TEXT, b""), masked(CONTINUATION, b" "));
    let bytes = (announced(FIN | BINARY, 1000), b" ".to_vec());
    let mut all = JoinSet::new();
    for number in 0..50 {
        let way = if number % 2 == 0 { &fragments } else { &bytes };
        let (begin, more) = way.clone();
        let mut client = attack.connect(RAW).await;
        all.spawn(async move {
            client.send(begin).await;
            let close = loop {
                // Once it is closed, what it sends may not arrive.
                let _ = client.stream.write_all(&more).await;
                if let Ok(frame) = timeout(Duration::from_millis(50), client.frame()).await {
                    break frame.close();
                }
            };
            assert_eq!(close, (1008, "message took too long".to_owned()));
        });
    }
    while let Some(closed) = all.join_next().await {
        closed.expect("it is closed");
    }
    assert_eq!(attack.stats("messageTimeouts").await, 50);
    attack.ends("1008", 4 * MIB).await;
}
