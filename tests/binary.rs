//! Binary messages: what goes on the wire and to whom, and who handles what comes.

mod common;

use common::raw::{BINARY, CONTINUATION, FIN, Frame, PING, PONG, RawClient, announced, masked};
use common::{eventually, rooms, start, start_with, within};
use orcs::prelude::*;
use orcs::{Delivery, testing};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn bytes_of_every_length_arrive_as_they_are() {
    let app = start(rooms::route()).await;
    let mut client = RawClient::connect(&app, rooms::PATH).await;
    eventually(|| app.manager.get_stats().connections == 1).await;
    for length in [0, 1, 125, 126, 2047, 2048, 65_535, 65_536, 1 << 20] {
        let bytes: Vec<u8> = (0..=255).cycle().take(length).collect();
        app.manager.everyone().send_binary(bytes.clone());
        let frame = client.frame().await;
        assert!(frame == Frame::new(BINARY, bytes), "{length} bytes");
    }
}

#[tokio::test]
async fn bytes_go_where_text_goes() {
    let route = ws("/ws").connect(async |client| {
        client.join("lobby");
        client.send_binary([1, 2, 3].to_vec());
    });
    let app = testing::start(route).await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.expect_binary().await, [1, 2, 3][..]);
    }
    let manager = app.manager();
    let sent = manager.to("lobby").except([ann.id()]).send_binary("text");
    assert_eq!(sent.queued, 1);
    assert_eq!(bob.expect_binary().await, "text");
    let shared = Bytes::from_static(b"shared");
    let delivery = manager.send_binary_to_client(ann.id(), shared.clone());
    assert_eq!(delivery, Delivery::Queued);
    assert_eq!(ann.expect_binary().await, shared);
    ann.expect_nothing().await;
    bob.expect_nothing().await;

    let id = ann.id();
    ann.cut().await;
    let delivery = manager.send_binary_to_client(id, shared);
    assert_eq!(delivery, Delivery::Gone);
}

#[tokio::test]
async fn bytes_and_text_arrive_in_the_order_of_the_calls() {
    let route = ws("/ws").connect(async |client| {
        for number in 0..50_u8 {
            client.send("text", &number);
            client.send_binary(vec![number; 100 * usize::from(number)]);
        }
    });
    let app = testing::start(route).await;
    let mut ann = app.connect("/ws").await;
    for number in 0..50_u8 {
        assert_eq!(ann.expect::<u8>("text").await, number);
        let bytes = ann.expect_binary().await;
        assert_eq!(bytes, vec![number; 100 * usize::from(number)]);
    }
}

#[tokio::test]
async fn a_client_that_does_not_take_its_bytes_is_closed() {
    let app = start_with(rooms::route(), |config| {
        config.backpressure_limit_bytes = 1 << 20;
    })
    .await;
    let mut client = RawClient::connect_with_small_buffers(&app, rooms::PATH).await;
    eventually(|| app.manager.get_stats().connections == 1).await;
    let bytes = Bytes::from(vec![7; 100_000]);
    let everyone = app.manager.everyone();
    let mut taken = 0;
    while taken < 1000 && everyone.send_binary(bytes.clone()).queued == 1 {
        taken += 1;
        tokio::task::yield_now().await;
    }
    assert!((10..1000).contains(&taken), "{taken}");
    let mut whole = 0;
    let code = within(async {
        loop {
            let frame = client.frame().await;
            if frame.first & 0xF != BINARY {
                return frame.close().0;
            }
            assert!(frame.payload == bytes, "no frame is torn");
            whole += 1;
        }
    });
    assert_eq!(code.await, 1013);
    assert!((1..=taken).contains(&whole), "{whole} of {taken}");
}

/// Sends bytes back, and does as bad as the first of them asks for.
fn echo() -> Route {
    ws("/ws")
        .on("hi", async |client, number: u32| client.send("hi", &number))
        .binary(async |client, bytes: Bytes| -> orcs::Result {
            match bytes.first() {
                Some(b'p') => panic!("on purpose"),
                Some(b'r') => return Err("no r, please".into()),
                Some(b'h') => std::future::pending().await,
                Some(b'w') => tokio::time::sleep(Duration::from_secs(1)).await,
                _ => {}
            }
            client.send_binary(bytes);
            Ok(())
        })
}

#[tokio::test]
async fn bytes_come_back_in_one_frame_however_they_came() {
    let app = start(echo()).await;
    let mut client = RawClient::connect(&app, "/ws").await;
    for length in [
        0,
        1,
        125,
        126,
        2047,
        2048,
        16 << 10,
        65_535,
        65_536,
        1 << 20,
    ] {
        let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
        let expected = Frame::new(BINARY, bytes.clone());
        let (first, second) = bytes.split_at(length / 3);
        let whole = masked(FIN | BINARY, &bytes);
        let fragments = [masked(BINARY, first), masked(FIN | CONTINUATION, second)];
        for sent in [whole, fragments.concat()] {
            client.send(sent).await;
            assert!(client.frame().await == expected, "{length} bytes");
        }
    }
}

#[tokio::test]
async fn many_large_messages_in_one_read_are_answered_in_order() {
    let app = start(echo()).await;
    let mut client = RawClient::connect(&app, "/ws").await;
    let message = |number: u8| vec![number; 16 << 10];
    let all: Vec<_> = (0..16)
        .map(|number| masked(FIN | BINARY, &message(number)))
        .collect();
    client.send(all.concat()).await;
    for number in 0..16 {
        assert!(
            client.frame().await == Frame::new(BINARY, message(number)),
            "{number}"
        );
    }
}

#[tokio::test]
async fn a_route_without_a_handler_closes_with_1003() {
    let app = start(rooms::route()).await;
    let mut client = RawClient::connect(&app, rooms::PATH).await;
    client.send(masked(FIN | BINARY, b"bytes")).await;
    let (code, reason) = client.closed().await;
    assert_eq!(
        (code, &*reason),
        (1003, "this route takes no binary messages")
    );
    drop(client);
    app.empties().await;
}

#[tokio::test]
async fn bytes_over_the_limit_close_with_1009() {
    let app = start_with(echo(), |config| config.max_payload_bytes = 1000).await;
    let mut client = RawClient::connect(&app, "/ws").await;
    client.send(masked(FIN | BINARY, &[7; 1000])).await;
    assert_eq!(client.frame().await, Frame::new(BINARY, [7; 1000]));
    client.send(announced(FIN | BINARY, 1001)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_for_an_event() {
    let app = testing::start_app(|mut config| {
        config.handler_timeout = Some(Duration::from_secs(2));
        orcs::App::new(config, echo())
    })
    .await;
    let mut ann = app.connect("/ws").await;
    let mut told = async |bytes: &[u8]| {
        ann.send_binary(bytes).await;
        ann.expect::<Value>("error").await
    };
    let internal = json!({"message": "Internal error", "code": "internal"});
    assert_eq!(told(b"panic").await, internal);
    let rejected = json!({"message": "no r, please", "code": "rejected"});
    assert_eq!(told(b"reject").await, rejected);
    assert_eq!(told(b"hang").await["code"], "timeout");
    ann.send_binary(b"fine").await;
    assert_eq!(ann.expect_binary().await, "fine");
}

#[tokio::test]
async fn bytes_and_events_wait_together_in_their_order() {
    let app = testing::start(echo()).await;
    let mut ann = app.connect("/ws").await;
    ann.send_binary(b"wait").await;
    for number in 0..10_u32 {
        ann.send("hi", &number).await;
        ann.send_binary(&number.to_be_bytes()).await;
    }
    ann.expect_nothing().await;
    app.advance(Duration::from_secs(1)).await;
    assert_eq!(ann.expect_binary().await, "wait");
    for number in 0..10_u32 {
        assert_eq!(ann.expect::<u32>("hi").await, number);
        assert_eq!(ann.expect_binary().await, number.to_be_bytes()[..]);
    }
}

#[tokio::test]
async fn bytes_that_wait_fill_the_queue_like_events() {
    let app = start_with(echo(), |config| config.event_queue_limit_bytes = 1000).await;
    for (waiting, first) in [(3, PONG), (30, BINARY)] {
        let mut client = RawClient::connect(&app, "/ws").await;
        let mut bytes = masked(FIN | BINARY, b"wait");
        bytes.extend(masked(FIN | BINARY, &[7; 100]).repeat(waiting));
        bytes.extend(masked(FIN | PING, b""));
        client.send(bytes).await;
        // Behind a full queue a client is not read, so its ping is not seen.
        assert_eq!(client.frame().await.first, FIN | first, "{waiting} wait");
    }
}

#[tokio::test]
async fn bytes_have_no_global_handler_and_the_next_text_is_an_event_again() {
    let app = testing::start(echo().refuse_unknown_events()).await;
    app.manager()
        .on("binary", async |client, ()| client.send("global", &()));
    let mut ann = app.connect("/ws").await;
    ann.send_binary(br#"{"event":"hi","payload":1}"#).await;
    assert_eq!(
        ann.expect_binary().await,
        &br#"{"event":"hi","payload":1}"#[..]
    );
    ann.send("hi", &1).await;
    assert_eq!(ann.expect::<u32>("hi").await, 1);
    ann.expect_nothing().await;
}
