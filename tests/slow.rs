//! Clients that read too slowly, and what their route says of them.

#![cfg(feature = "testing")]

use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};

/// Prices for whoever comes; a client that has caught up is told what it missed.
fn prices(policy: SlowConsumer) -> Route {
    ws("/ws/prices")
        .connect(async |client| client.join("prices"))
        .on("ask", async |client, question: String| {
            Reply(format!("{question} {}", client.id()))
        })
        .slow_consumer(policy)
        .drain(async |client, missed| client.send("missed", &missed.messages))
}

/// A client that reads nothing until what waits for it is a multiple of what may.
async fn behind(policy: SlowConsumer) -> (TestApp, TestClient, Vec<u32>) {
    let app = testing::start_app(|mut config| {
        config.backpressure_limit_bytes = 100_000;
        orcs::App::new(config, prices(policy))
    })
    .await;
    let client = app.connect("/ws/prices").await;
    client.stop_reading();
    let sent = (0..500).collect::<Vec<u32>>();
    for number in &sent {
        let price = (number, "x".repeat(1000));
        app.manager().to("prices").send("price", &price);
        // Its socket is asked each time, so that it is known to be behind.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
    (app, client, sent)
}

/// The prices that it reads at last, and how many it is told to have missed.
async fn caught_up(client: &mut TestClient) -> (Vec<u32>, u32) {
    client.read_on();
    let mut prices = Vec::new();
    loop {
        let text = client.expect_text().await;
        let envelope: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let payload = &envelope["payload"];
        if envelope["event"] == "missed" {
            return (
                prices,
                serde_json::from_value(payload.clone()).expect("a count"),
            );
        }
        prices.push(serde_json::from_value(payload[0].clone()).expect("a number"));
    }
}

#[tokio::test]
async fn drop_newest_keeps_the_beginning() {
    let (app, mut client, sent) = behind(SlowConsumer::DropNewest).await;
    let (prices, missed) = caught_up(&mut client).await;
    assert_eq!(prices, sent[..prices.len()]);
    assert_eq!(prices.len() + missed as usize, sent.len());
    assert!(missed > 100, "{missed}");
    assert_eq!(app.manager().get_stats().dropped, u64::from(missed));
}

#[tokio::test]
async fn drop_oldest_keeps_the_end_in_order() {
    let (app, mut client, sent) = behind(SlowConsumer::DropOldest).await;
    let (prices, missed) = caught_up(&mut client).await;
    assert!(prices.is_sorted());
    assert_eq!(prices.last(), sent.last());
    assert_eq!(prices.len() + missed as usize, sent.len());
    assert_eq!(app.manager().get_stats().dropped, u64::from(missed));
}

#[tokio::test]
async fn latest_keeps_the_newest_only() {
    let (_app, mut client, sent) = behind(SlowConsumer::Latest).await;
    let (prices, missed) = caught_up(&mut client).await;
    assert_eq!(prices.last(), sent.last());
    assert_eq!(prices.len() + missed as usize, sent.len());
    // What the socket had taken before, the one that it had begun, and the newest.
    let gap = prices[prices.len() - 1] - prices[prices.len() - 2];
    assert!(gap > 300, "{prices:?}");
}

#[tokio::test]
async fn a_client_that_missed_something_is_served_on() {
    let (_app, mut client, _) = behind(SlowConsumer::DropOldest).await;
    caught_up(&mut client).await;
    let answer: String = client.request("ask", &"who am I?").await;
    assert_eq!(answer, format!("who am I? {}", client.id()));
}

#[tokio::test]
async fn who_is_not_behind_misses_nothing() {
    let (app, _slow, sent) = behind(SlowConsumer::DropNewest).await;
    let mut quick = app.connect("/ws/prices").await;
    for number in &sent {
        app.manager().to("prices").send("price", &(number, "x"));
        let (read, _): (u32, String) = quick.expect("price").await;
        assert_eq!(read, *number);
    }
    quick.expect_nothing().await;
}

#[tokio::test]
async fn a_volatile_message_skips_those_who_are_behind() {
    let (app, mut slow, sent) = behind(SlowConsumer::DropNewest).await;
    let mut quick = app.connect("/ws/prices").await;
    let prices = app.manager().to("prices").volatile();
    prices.send("cursor", &1);
    assert_eq!(quick.expect::<u32>("cursor").await, 1);
    app.manager()
        .to_client(slow.id())
        .volatile()
        .send("cursor", &2);
    let (read, _) = caught_up(&mut slow).await;
    assert_eq!(read, sent[..read.len()], "no cursor among them");
    prices.send("cursor", &3);
    assert_eq!(slow.expect::<u32>("cursor").await, 3);
}
