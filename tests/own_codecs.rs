//! A codec of the app's own: what its clients send and read, and what it cannot do.

mod common;

use common::codecs::{MessagePack, packed, talk};
use common::raw::{BINARY, FIN, Frame, RawClient, TEXT, masked};
use common::start;
use orcs::prelude::*;
use orcs::{Delivery, testing};
use serde_json::{Value, json};

#[tokio::test]
async fn a_codec_of_the_apps_own_speaks_both_ways() {
    let app = start(talk(ws("/ws").codec(MessagePack::default()))).await;
    let mut client = RawClient::connect(&app, "/ws").await;
    let error = |message: &str, code: &str, id: Value| {
        packed("error", json!({"message": message, "code": code}), id)
    };
    for (sent, answer) in [
        (packed("add", [1, 2], 7), packed("orcs:ack", 3, 7)),
        (packed("count", 4, ()), packed("count", 5, ())),
        (
            packed("join", json!({"room": "lobby"}), "a"),
            packed("orcs:ack", (), "a"),
        ),
        (
            packed("say", json!({"text": "hi"}), ()),
            packed("said", json!({"text": "hi"}), ()),
        ),
        (
            packed("mistake", (), 8),
            error("no, thanks", "rejected", json!(8)),
        ),
        (
            packed("add", "x", 9),
            error(
                "invalid type: string \"x\", expected a sequence",
                "validation",
                json!(9),
            ),
        ),
        (
            packed("connect", (), 1),
            error("This event's name is reserved", "reserved_event", json!(1)),
        ),
        (
            packed("orcs:x", (), 1),
            error("Unknown event", "unknown_event", json!(1)),
        ),
    ] {
        client.send(masked(FIN | BINARY, &sent)).await;
        assert_eq!(client.frame().await, Frame::new(BINARY, answer));
    }
    let large = "x".repeat(100_000);
    let said = json!({"text": large});
    let sent = packed("say", said.clone(), ());
    client.send(masked(FIN | BINARY, &sent)).await;
    assert!(client.frame().await == Frame::new(BINARY, packed("said", said, ())));
}

#[tokio::test]
async fn what_a_codec_of_the_apps_own_cannot_read_is_a_bad_frame() {
    let app = start(talk(
        ws("/ws").codec(MessagePack::default()).max_bad_frames(9),
    ))
    .await;
    let mut client = RawClient::connect(&app, "/ws").await;
    let bad_frame = packed(
        "error",
        json!({"message": "Invalid message format", "code": "bad_frame"}),
        (),
    );
    for (opcode, sent) in [
        (TEXT, b"text".to_vec()),
        (BINARY, b"\xC1".to_vec()),
        (BINARY, packed("decode-panics", (), ())),
        (BINARY, packed("", (), ())),
        (BINARY, packed(&"e".repeat(129), (), ())),
        (BINARY, packed("add", (), true)),
        (BINARY, packed("add", (), [1])),
        (BINARY, packed("add", (), "i".repeat(65))),
    ] {
        client.send(masked(FIN | opcode, &sent)).await;
        assert_eq!(client.frame().await, Frame::new(BINARY, bad_frame.clone()));
    }
    client.send(masked(FIN | TEXT, b"text")).await;
    assert_eq!(client.frame().await, Frame::new(BINARY, bad_frame));
    assert_eq!(client.closed().await.0, 1008);
}

#[tokio::test]
async fn what_a_codec_of_the_apps_own_cannot_say_is_not_sent_and_the_rest_is() {
    let route = ws("/ws")
        .codec(MessagePack::default())
        .connect(async |client| client.join("lobby"))
        .on("try", async |client, event: String| {
            let delivery = client.send(&event, &1);
            Reply(delivery == Delivery::Dropped)
        })
        .on("unspeakable", async |_client, ()| Reply("unspeakable"));
    let app = testing::start(route).await;
    let mut ann = app.connect("/ws").await;
    let manager = app.manager();
    for event in ["encode-fails", "encode-panics"] {
        ann.send_binary(&packed("try", event, 7)).await;
        assert_eq!(ann.expect_binary().await, packed("orcs:ack", true, 7));
        let delivery = manager.send_to_client(ann.id(), event, &1);
        assert_eq!(delivery, Delivery::Dropped);
        manager.broadcast(event, &1);
        manager.to("lobby").to("garden").send(event, &1);
        ann.expect_nothing().await;
    }
    // Who waits for an answer is told.
    ann.send_binary(&packed("unspeakable", (), 7)).await;
    let told = json!({"message": "Internal error", "code": "internal"});
    assert_eq!(ann.expect_binary().await, packed("error", told, 7));
    manager.broadcast("news", &1);
    assert_eq!(ann.expect_binary().await, packed("news", 1, ()));
}
