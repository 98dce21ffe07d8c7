//! Handlers that go wrong when a client wants them to.

use crate::common::raw::RawClient;
use crate::kit::{Attack, MIB, UNMETERED};
use crate::server::{FRAGILE, OPEN};
use tokio::task::JoinSet;

async fn is_told(client: &mut RawClient, text: &str, expected: &str) {
    client.send_text(text).await;
    assert_eq!(client.text().await, expected);
}

async fn is_answered(client: &mut RawClient) {
    let text = r#"{"event":"echo","payload":"still here","id":9}"#;
    let answer = r#"{"event":"orcs:ack","payload":"still here","id":9}"#;
    is_told(client, text, answer).await;
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_message() {
    let attack = Attack::begin("handlers panic", UNMETERED).await;
    let attack = attack.with_panics();
    let internal = r#"{"event":"error","payload":{"message":"Internal error","code":"internal"}"#;
    let mut client = attack.connect(OPEN).await;
    for _ in 0..100 {
        let answer = format!(r#"{internal},"id":1}}"#);
        is_told(&mut client, r#"{"event":"panic","id":1}"#, &answer).await;
        let answer = format!("{internal}}}");
        is_told(&mut client, r#"{"event":"fail","payload":"x"}"#, &answer).await;
        is_answered(&mut client).await;
    }
    drop(client);
    attack.ends("error `internal`", 8 * MIB).await;
}

#[tokio::test]
async fn a_connect_that_fails_or_panics_closes_with_1011() {
    let attack = Attack::begin("connect panics", &[]).await.with_panics();
    for _ in 0..50 {
        for how in ["panic", "fail"] {
            let mut client = attack.connect(&format!("{FRAGILE}?how={how}")).await;
            assert_eq!(
                client.closed().await,
                (1011, "Internal error".to_owned()),
                "{how}"
            );
        }
    }
    attack.ends("1011", 8 * MIB).await;
}

#[tokio::test]
async fn a_handler_that_hangs_is_cut() {
    let attack = Attack::begin("100 handlers hang", &[("WS_HANDLER_TIMEOUT", "500ms")]).await;
    let timeout = r#"{"event":"error","payload":{"message":"the handler took too long","code":"timeout"},"id":1}"#;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = attack.connect(OPEN).await;
        client.send_text(r#"{"event":"hang","id":1}"#).await;
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.text().await, timeout);
        is_answered(client).await;
    }
    drop(clients);
    attack.ends("error `timeout`", 8 * MIB).await;
}

#[tokio::test]
async fn a_connect_that_hangs_is_cut_with_1011() {
    let attack = Attack::begin("100 connects hang", &[("WS_HANDLER_TIMEOUT", "500ms")]).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(attack.connect(&format!("{FRAGILE}?how=hang")).await);
    }
    for client in &mut clients {
        assert_eq!(client.closed().await.0, 1011);
    }
    drop(clients);
    attack.ends("1011", 8 * MIB).await;
}

#[tokio::test]
async fn what_is_left_behind_a_handler_that_hangs_is_not_waited_for() {
    // Its client goes, and leaves a queue of such events.
    let settings = [("WS_HANDLER_TIMEOUT", "500ms"), ("WS_RATE_LIMIT", "0")];
    let attack = Attack::begin("10,000 events behind one that hangs", &settings).await;
    let mut client = attack.connect(OPEN).await;
    for _ in 0..10_000 {
        client.send_text(r#"{"event":"hang"}"#).await;
    }
    client.reset();
    attack.ends("dropped", 8 * MIB).await;
}

#[tokio::test]
async fn a_handler_that_holds_its_thread_holds_nobody_else() {
    let attack = Attack::begin("a handler blocks 20 times 100 ms", &[]).await;
    let mut client = attack.connect(OPEN).await;
    for _ in 0..20 {
        let done = r#"{"event":"orcs:ack","payload":null,"id":1}"#;
        is_told(
            &mut client,
            r#"{"event":"block","payload":100,"id":1}"#,
            done,
        )
        .await;
    }
    drop(client);
    attack.ends("answered", 4 * MIB).await;
}

#[tokio::test]
async fn handlers_on_every_thread_hold_the_others_no_longer_than_themselves() {
    let attack = Attack::begin("handlers block all threads", &[]).await;
    let mut blocking = JoinSet::new();
    for _ in 0..4 {
        let mut client = attack.connect(OPEN).await;
        blocking.spawn(async move {
            for _ in 0..5 {
                let done = r#"{"event":"orcs:ack","payload":null,"id":1}"#;
                let text = r#"{"event":"block","payload":100,"id":1}"#;
                is_told(&mut client, text, done).await;
            }
        });
    }
    while let Some(ended) = blocking.join_next().await {
        ended.expect("each is answered");
    }
    attack.ends("answered", 4 * MIB).await;
}
