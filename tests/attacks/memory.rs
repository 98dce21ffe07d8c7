//! Clients who want the server to hold much for them.

use crate::common::raw::{BINARY, FIN, TEXT, announced, masked};
use crate::kit::{Attack, MIB, UNMETERED};
use crate::server::{OPEN, RAW};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn what_is_announced_and_never_sent_is_not_reserved() {
    // 100 times 16 MiB, the most that a message may have.
    let attack = Attack::begin("100 messages of 16 MiB, not sent", &[]).await;
    let mut clients = Vec::new();
    for opcode in [TEXT, BINARY].repeat(50) {
        let mut client = attack.connect(RAW).await;
        client.send(announced(FIN | opcode, 16 << 20)).await;
        // The beginning of it, as it stands behind a header of 8 bytes.
        client.send(&masked(FIN | opcode, &[b'x'; 1000])[8..]).await;
        clients.push(client);
    }
    attack.has_clients(100).await;
    drop(clients);
    attack.ends("waited for", 4 * MIB).await;
}

/// So many ask, and read no answer.
async fn who_reads_nothing_is_closed(attack: &Attack, people: u32, asks: &[u8]) {
    let mut clients = Vec::new();
    for _ in 0..people {
        let mut client = attack.connect_with_small_buffers(OPEN).await;
        client.send(asks).await;
        clients.push(client);
    }
    attack.has_clients(0).await;
    for client in &mut clients {
        assert_eq!(client.closed_at_last().await, 1013);
    }
}

#[tokio::test]
async fn who_asks_for_much_and_reads_nothing_is_closed_with_1013() {
    let attack = Attack::begin("20 slow readers of 100 MB", UNMETERED).await;
    let asks = masked(FIN | TEXT, br#"{"event":"download","payload":100000}"#).repeat(1000);
    who_reads_nothing_is_closed(&attack, 20, &asks).await;
    // A megabyte waits for each, and what the client asked for meanwhile.
    attack.ends("1013", 40 * MIB).await;
}

#[tokio::test]
async fn who_never_reads_its_echoes_is_not_read_or_closed_with_1013() {
    let attack = Attack::begin("10 echo floods, unread", UNMETERED).await;
    let text = json!({"event": "echo", "payload": "x".repeat(1000), "id": 1}).to_string();
    let asks = masked(FIN | TEXT, text.as_bytes()).repeat(10_000);
    who_reads_nothing_is_closed(&attack, 10, &asks).await;
    attack.ends("1013", 24 * MIB).await;
}

#[tokio::test]
async fn a_slow_member_of_a_room_costs_the_others_nothing() {
    let attack = Attack::begin("10 slow members of a busy room", UNMETERED).await;
    let join = r#"{"event":"join","payload":"busy"}"#;
    let mut slow = Vec::new();
    for _ in 0..10 {
        let mut client = attack.connect_with_small_buffers(OPEN).await;
        client.send_text(join).await;
        slow.push(client);
    }
    let mut quick = attack.connect(OPEN).await;
    quick.send_text(join).await;
    let mut sender = attack.connect(OPEN).await;
    for number in 0..400 {
        let text = format!("{number} {}", "x".repeat(50_000));
        let say = json!({"event": "say", "payload": ["busy", text], "id": 1}).to_string();
        sender.send_text(&say).await;
        sender.text().await;
        let heard = json!({"event": "said", "payload": text}).to_string();
        assert_eq!(quick.text().await, heard, "all of it, in order");
    }
    attack.has_clients(2).await;
    for client in &mut slow {
        assert_eq!(client.closed_at_last().await, 1013);
    }
    drop((slow, quick, sender));
    attack.ends("1013", 16 * MIB).await;
}

#[tokio::test]
async fn who_takes_nothing_at_all_is_cut_in_time() {
    // More may wait for it than the kernel holds, so that only time tells.
    let settings = [
        ("WS_WRITE_TIMEOUT", "1s"),
        ("WS_BACKPRESSURE_LIMIT", "16777216"),
    ];
    let attack = Attack::begin("5 readers that take nothing of 10 MB", &settings).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = attack.connect_with_small_buffers(OPEN).await;
        client
            .send_text(r#"{"event":"download","payload":10000000}"#)
            .await;
        clients.push(client);
    }
    attack.has_clients(0).await;
    assert_eq!(attack.stats("writeStalls").await, 5);
    for client in &mut clients {
        client.ended().await;
    }
    drop(clients);
    // The ten megabytes as they were made, as JSON, and as a frame.
    attack.ends("cut", 5 * 30 * MIB).await;
}

#[tokio::test]
async fn half_of_many_large_messages_is_held_for_few_and_the_others_are_closed_with_1013() {
    let settings = [("WS_MAX_INBOUND_BYTES", "33554432")];
    let attack = Attack::begin("64 halves of 16 MiB, room for 32 MiB", &settings).await;
    let half = [announced(FIN | BINARY, 16 << 20), vec![b'x'; 8 << 20]].concat();
    let mut clients = Vec::new();
    for _ in 0..64 {
        let mut client = attack.connect(RAW).await;
        client.send(&half).await;
        clients.push(client);
    }
    let mut listening = JoinSet::new();
    for mut client in clients {
        listening.spawn(async move { client.closed().await });
    }
    // There is room for at most four.
    for _ in 0..60 {
        let closed = listening.join_next().await.expect("60 of 64");
        let reason = "server is out of memory for messages".to_owned();
        assert_eq!(closed.expect("it is closed"), (1013, reason));
    }
    assert!(attack.stats("inboundBytes").await <= 32 << 20);
    drop(listening);
    // Room grows in steps, which hold the old and the new for a moment.
    attack.ends("1013", 64 * MIB).await;
}
