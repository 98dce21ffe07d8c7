//! A codec of the app's own: what its clients send and read, and what it cannot do.

mod common;

use common::codecs::{MessagePack, packed, talk};
use common::raw::{BINARY, FIN, Frame, RawClient, TEXT, masked};
use common::start;
use orcs::codec::{Codec, Encoded, Incoming, Message, Outgoing};
use orcs::prelude::*;
use orcs::{Delivery, testing};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Says `event:payload`, and counts how often; without fields, so that there is one of it.
struct Plain;

static ENCODED: AtomicUsize = AtomicUsize::new(0);

impl Codec for Plain {
    fn decode(&self, message: Message<'_>) -> orcs::Result<Incoming> {
        codec::Envelope.decode(message)
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> orcs::Result<Encoded> {
        ENCODED.fetch_add(1, Ordering::Relaxed);
        Ok(format!("{}:{}", outgoing.event, outgoing.payload.get()).into())
    }
}

#[tokio::test]
async fn a_codec_without_fields_is_one_on_however_many_routes() {
    let routes = Routes::new()
        .add(ws("/a").codec(Plain))
        .add(ws("/b").codec(Plain))
        .add(ws("/c").codec(MessagePack::default()));
    let app = testing::start(routes).await;
    let mut ann = app.connect("/a").await;
    let mut bob = app.connect("/b").await;
    let mut carl = app.connect("/c").await;
    app.manager().broadcast("news", &[1]);
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.expect_text().await, "news:[1]");
    }
    assert_eq!(carl.expect_binary().await, packed("news", [1], ()));
    assert_eq!(ENCODED.load(Ordering::Relaxed), 1);
    // It hears through a built-in one.
    ann.send_text(r#"{"event":"x","id":7}"#).await;
    assert_eq!(
        ann.expect_text().await,
        r#"error:{"message":"Unknown event","code":"unknown_event"}"#
    );
}

#[tokio::test]
async fn more_codecs_than_can_be_told_apart_stop_the_start() {
    let route = |number: u32| ws(&format!("/{number}")).codec(MessagePack::default());
    let start = async |codecs: u32| {
        let routes = (0..codecs).map(route).fold(Routes::new(), Routes::add);
        orcs::App::new(common::config(|_| {}), routes).start().await
    };
    assert!(start(256).await.is_ok());
    assert_eq!(
        start(257).await.expect_err("one too many").to_string(),
        "/256: `MessagePack` is one codec more than the 256 that an app may have; one without \
         fields counts once, on however many routes"
    );
}

/// Whoever a target means, its members of an own codec are told apart from the rest; no code of
/// the app runs while rooms are locked, or this would never end.
#[tokio::test]
async fn a_codec_of_the_apps_own_is_spoken_to_whomever_a_target_means() {
    /// Asks the manager for rooms while it encodes.
    #[derive(Clone, Default)]
    struct Curious(std::sync::Arc<std::sync::OnceLock<WebSocketManager>>);

    impl Codec for Curious {
        fn decode(&self, message: Message<'_>) -> orcs::Result<Incoming> {
            codec::Typed.decode(message)
        }

        fn encode(&self, outgoing: &Outgoing<'_>) -> orcs::Result<Encoded> {
            let manager = self.0.get().ok_or("not started")?;
            let rooms = manager.rooms().len() + manager.room_size("a");
            let clients = manager
                .clients()
                .iter()
                .filter(|one| one.is_in("a"))
                .count();
            Ok(format!("{}:{}:{rooms}:{clients}", outgoing.event, outgoing.payload).into())
        }
    }

    let curious = Curious::default();
    let own = ws("/own")
        .codec(curious.clone())
        .isolated()
        .default_room("a")
        .default_room("b")
        .on("ask", async |client, _: Value| {
            client.own_rooms().send("own", &1);
            client.to("a").send("one", &2);
            client.to("a").to("b").send("several", &3);
            client.broadcast("all", &4);
        });
    let plain = ws("/plain").default_room("a");
    let app = testing::start(Routes::new().add(own).add(plain)).await;
    assert!(curious.0.set(app.manager().clone()).is_ok());
    let (mut ann, mut bob) = (app.connect("/own").await, app.connect("/own").await);
    let mut carl = app.connect("/plain").await;
    ann.send_text(r#"{"type":"ask"}"#).await;
    for heard in ["own:1:5:3", "one:2:5:3", "several:3:5:3", "all:4:5:3"] {
        assert_eq!(bob.expect_text().await, heard);
    }
    app.manager().to("a").to("b").send("news", &5);
    app.manager().route("/own").send("route", &6);
    for heard in ["news:5:5:3", "route:6:5:3"] {
        assert_eq!(bob.expect_text().await, heard);
        assert_eq!(ann.expect_text().await, heard);
    }
    assert_eq!(carl.expect::<u8>("news").await, 5);
    carl.expect_nothing().await;
    ann.expect_nothing().await;
}
