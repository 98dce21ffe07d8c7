//! Binary messages to clients: what goes on the wire, and to whom.

mod common;

use common::raw::{BINARY, Frame, RawClient};
use common::{rooms, start, start_with, within};
use orcs::prelude::*;
use orcs::{Delivery, testing};

#[tokio::test]
async fn bytes_of_every_length_arrive_as_they_are() {
    let app = start(rooms::route()).await;
    let mut client = RawClient::connect(&app, rooms::PATH).await;
    common::eventually(|| app.manager.get_stats().connections == 1).await;
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
    assert_eq!((sent.queued, sent.dropped), (1, 0));
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
    common::eventually(|| app.manager.get_stats().connections == 1).await;
    let bytes = Bytes::from(vec![7; 100_000]);
    let everyone = app.manager.everyone();
    let taken = (0..1000).take_while(|_| everyone.send_binary(bytes.clone()).queued == 1);
    let taken = taken.count();
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
