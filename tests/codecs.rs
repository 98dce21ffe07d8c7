//! Clients of all codecs side by side: rooms in which they meet, bytes, compression, profiles.

mod common;

use common::codecs::{MessagePack, Said, packed, talk};
use common::raw::{BINARY, Frame, RawClient, upgrade_request};
use common::{eventually, start};
use orcs::prelude::*;
use orcs::testing;
use serde::Serializer;
use serde_json::{Value, from_str, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn each_member_of_a_room_reads_its_own_form_encoded_once() {
    let pack = MessagePack::default();
    let said = Arc::clone(&pack.said);
    let in_lobby = |route: Route| route.connect(async |client| client.join("lobby"));
    let routes = Routes::new()
        .add(in_lobby(talk(ws("/envelope"))))
        .add(in_lobby(ws("/typed").codec(codec::Typed)))
        .add(in_lobby(ws("/auto").codec(codec::Auto)))
        .add(in_lobby(ws("/raw").codec(codec::Raw)))
        .add(in_lobby(ws("/packed").codec(pack)));
    let app = start(routes).await;
    let mut clients = Vec::new();
    for path in ["/envelope", "/typed", "/auto", "/raw", "/packed", "/packed"] {
        clients.push(RawClient::connect(&app, path).await);
    }
    eventually(|| app.manager.get_room_clients("lobby").len() == 6).await;
    for number in 1..=50 {
        let text = format!("{number}\"").repeat(number * number);
        let sent = app
            .manager
            .to("lobby")
            .send("said", &json!({"type": "own", "text": text}));
        assert_eq!(sent.queued, 6);
        app.manager.broadcast("said", &text);
        app.manager.to("lobby").to("garden").send_binary(vec![7]);
        let object = json!({"text": text, "type": "own"});
        let forms = [
            [
                json!({"event": "said", "payload": object}),
                json!({"event": "said", "payload": text}),
            ],
            [
                json!({"type": "said", "text": text}),
                json!({"type": "said", "payload": text}),
            ],
            [object.clone(), json!(text)],
            [object.clone(), json!(text)],
        ];
        for (client, [first, second]) in clients.iter_mut().zip(forms) {
            assert_eq!(from_str::<Value>(&client.text().await).ok(), Some(first));
            let told = client.text().await;
            match second {
                Value::String(text) => assert!(told == text, "{number}"),
                second => assert_eq!(from_str::<Value>(&told).ok(), Some(second)),
            }
            assert_eq!(client.frame().await, Frame::new(BINARY, [7]));
        }
        for client in &mut clients[4..] {
            for payload in [object.clone(), json!(text)] {
                let form = packed("said", payload, ());
                assert!(client.frame().await == Frame::new(BINARY, form), "{number}");
            }
            assert_eq!(client.frame().await, Frame::new(BINARY, [7]));
        }
        assert_eq!(said.load(Ordering::Relaxed), 2 * number);
    }
}

/// Counts how often it is made into JSON.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Serialize for Counting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        serializer.collect_map([("text", "hi")])
    }
}

#[tokio::test]
async fn a_broadcast_reads_its_payload_once_whoever_its_members_are() {
    let in_lobby = |route: Route| route.connect(async |client| client.join("lobby"));
    let routes = Routes::new()
        .add(in_lobby(ws("/envelope")))
        .add(in_lobby(ws("/typed").codec(codec::Typed)))
        .add(in_lobby(ws("/auto").codec(codec::Auto)))
        .add(in_lobby(ws("/raw").codec(codec::Raw)));
    let app = testing::start(routes).await;
    let mut clients = Vec::new();
    for (path, form) in [
        ("/envelope", r#"{"event":"said","payload":{"text":"hi"}}"#),
        ("/typed", r#"{"type":"said","text":"hi"}"#),
        ("/auto", r#"{"text":"hi"}"#),
        ("/raw", r#"{"text":"hi"}"#),
    ] {
        for _ in 0..3 {
            clients.push((app.connect(path).await, form));
        }
    }
    let [one, all, walked] = <[Counting; 3]>::default();
    app.manager().broadcast_to_room("lobby", "said", &one, []);
    app.manager().broadcast("said", &all);
    let rooms = app.manager().to("lobby").to("garden");
    assert_eq!(rooms.send("said", &walked).queued, 12);
    for (client, form) in &mut clients {
        for _ in 0..3 {
            assert_eq!(client.expect_text().await, *form);
        }
    }
    for payload in [one, all, walked] {
        assert_eq!(payload.0.into_inner(), 1);
    }
}

#[tokio::test]
async fn bytes_go_in_and_out_in_every_codec() {
    let echo = |route: Route| {
        route.binary(async |client, bytes: Bytes| -> orcs::Result {
            match bytes.first() {
                Some(b'!') => Err("no, thanks".into()),
                _ => {
                    client.send_binary(bytes);
                    Ok(())
                }
            }
        })
    };
    let routes = Routes::new()
        .add(echo(ws("/envelope")))
        .add(echo(ws("/typed").codec(codec::Typed)))
        .add(echo(ws("/auto").codec(codec::Auto)))
        .add(echo(ws("/raw").codec(codec::Raw)))
        .add(echo(ws("/packed").codec(MessagePack::default())));
    let app = testing::start(routes).await;
    let told = r#""message":"no, thanks","code":"rejected""#;
    for (path, error) in [
        (
            "/envelope",
            format!(r#"{{"event":"error","payload":{{{told}}}}}"#),
        ),
        ("/typed", format!(r#"{{"type":"error",{told}}}"#)),
        ("/auto", format!("{{{told}}}")),
        ("/raw", format!("{{{told}}}")),
    ] {
        let mut client = app.connect(path).await;
        // Bytes that hold JSON are bytes.
        for bytes in [&b"\xFF\x00"[..], br#"{"type":"join","event":"join"}"#] {
            client.send_binary(bytes).await;
            assert_eq!(client.expect_binary().await, bytes, "{path}");
        }
        client.send_binary(b"!").await;
        assert_eq!(client.expect_text().await, error);
        app.manager().to_client(client.id()).send_binary("bytes");
        assert_eq!(client.expect_binary().await, "bytes");
    }
    // Where bytes have a handler, a codec of the app's own reads texts only.
    let mut client = app.connect("/packed").await;
    let bytes = packed("add", (), ());
    client.send_binary(&bytes).await;
    assert_eq!(client.expect_binary().await, bytes);
}

#[tokio::test]
async fn bytes_without_a_handler_close_with_1003_where_they_are_no_events() {
    let routes = Routes::new()
        .add(ws("/typed").codec(codec::Typed))
        .add(ws("/auto").codec(codec::Auto));
    let app = testing::start(routes).await;
    for path in ["/typed", "/auto"] {
        let mut client = app.connect(path).await;
        client.send_binary(b"{}").await;
        assert_eq!(client.expect_close().await.code, 1003);
    }
}

#[tokio::test]
async fn each_codec_is_compressed_in_its_own_form() {
    let compressed = |route: Route| {
        route
            .compression(Compression::on().threshold(10))
            .connect(async |client| client.join("lobby"))
    };
    let routes = Routes::new()
        .add(compressed(ws("/envelope")))
        .add(compressed(ws("/typed").codec(codec::Typed)))
        .add(compressed(ws("/auto").codec(codec::Auto)))
        .add(compressed(ws("/packed").codec(MessagePack::default())));
    let app = start(routes).await;
    let mut forms = Vec::new();
    for path in ["/envelope", "/typed", "/auto", "/packed", "/packed"] {
        let mut client = RawClient::tcp(app.address).await;
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
        let answer = client.request(&upgrade_request(path, offer)).await;
        assert_eq!(answer.status, 101);
        forms.push(client);
    }
    eventually(|| app.manager.get_room_clients("lobby").len() == 5).await;
    let text = "again and ".repeat(100);
    app.manager.to("lobby").send("said", &Said { text });
    let mut frames = Vec::new();
    for client in &mut forms {
        let frame = client.frame().await;
        assert_eq!(frame.first & 0x40, 0x40, "it is compressed");
        assert!(frame.payload.len() < 100);
        frames.push(frame);
    }
    for (number, frame) in frames[..4].iter().enumerate() {
        assert!(frames[..number].iter().all(|other| other != frame));
    }
    assert_eq!(frames[3], frames[4], "the same bytes to both");
}

#[tokio::test]
async fn a_client_that_is_behind_is_told_the_latest_in_its_codec() {
    for speaking in [true, false] {
        let prices = ws("/ws").slow_consumer(SlowConsumer::Latest);
        let prices = match speaking {
            true => prices.codec(MessagePack::default()),
            false => prices.codec(codec::Typed),
        };
        let app = testing::start(prices).await;
        let mut ann = app.connect("/ws").await;
        ann.stop_reading();
        let manager = app.manager();
        manager.send_to_client(ann.id(), "first", &"x".repeat(200_000));
        app.advance(Duration::from_millis(10)).await;
        for number in 0..10 {
            manager.broadcast("price", &number);
            manager.broadcast("score", &(100 + number));
            app.advance(Duration::from_millis(1)).await;
        }
        ann.read_on();
        if speaking {
            assert!(ann.expect_binary().await.len() > 200_000);
            assert_eq!(ann.expect_binary().await, packed("price", 9, ()));
            assert_eq!(ann.expect_binary().await, packed("score", 109, ()));
        } else {
            assert!(ann.expect_text().await.len() > 200_000);
            assert_eq!(ann.expect_text().await, r#"{"type":"price","payload":9}"#);
            assert_eq!(ann.expect_text().await, r#"{"type":"score","payload":109}"#);
        }
        ann.expect_nothing().await;
    }
}

#[tokio::test]
async fn a_token_is_renewed_in_a_typed_object_and_in_a_codec_of_the_apps_own() {
    let routes = Routes::new()
        .add(ws("/typed").codec(codec::Typed).auth::<Value>())
        .add(ws("/packed").codec(MessagePack::default()).auth::<Value>());
    let app = testing::start(routes).await;
    let token = app.token(&json!({"sub": "ann"}));
    let mut ann = app.connect_as("/typed", &json!({"sub": "ann"})).await;
    ann.send_text(&json!({"type": "orcs:auth", "token": token, "id": 1}).to_string())
        .await;
    let answer: Value = from_str(&ann.expect_text().await).expect("JSON");
    assert!(answer["payload"]["exp"].is_u64(), "{answer}");
    let mut ann = app.connect_as("/packed", &json!({"sub": "ann"})).await;
    ann.send_binary(&packed("orcs:auth", json!({"token": token}), 1))
        .await;
    let (event, answer, id): (String, Value, u8) =
        rmp_serde::from_slice(&ann.expect_binary().await).expect("it is packed");
    assert_eq!((event.as_str(), id), ("orcs:ack", 1));
    assert!(answer["exp"].is_u64(), "{answer}");
}

#[tokio::test]
async fn a_profile_says_what_its_clients_speak_and_the_route_says_more() {
    let say = |route: Route| route.connect(async |client| client.send("hello", &json!({"a": 1})));
    let routes = Routes::new()
        .add(say(ws("/orcs").profile(Profile::Orcs)))
        .add(say(ws("/candy").profile(Profile::Candy).csrf(false)))
        .add(say(ws("/universal").profile(Profile::Universal)))
        .add(say(ws("/open-speed").profile(Profile::OpenSpeed)))
        .add(say(ws("/before")
            .codec(codec::Typed)
            .profile(Profile::OpenSpeed)))
        .add(say(ws("/behind")
            .profile(Profile::OpenSpeed)
            .codec(codec::Typed)))
        .add(say(ws("/off-before").csrf(false).profile(Profile::Candy)))
        .add(say(ws("/candys-token").profile(Profile::Candy)));
    let app = testing::start(routes).await;
    for (path, text) in [
        ("/orcs", r#"{"event":"hello","payload":{"a":1}}"#),
        ("/candy", r#"{"a":1}"#),
        ("/universal", r#"{"type":"hello","a":1}"#),
        ("/open-speed", r#"{"a":1}"#),
        ("/before", r#"{"type":"hello","a":1}"#),
        ("/behind", r#"{"type":"hello","a":1}"#),
        ("/off-before", r#"{"a":1}"#),
    ] {
        assert_eq!(app.connect(path).await.expect_text().await, text, "{path}");
    }
    let close = app.connect("/candys-token").await.expect_close().await;
    assert_eq!((close.code, close.reason.as_str()), (4002, "Missing token"));
}

#[tokio::test]
async fn an_event_that_no_text_can_name_stops_the_start() {
    let error = async |route: Route| {
        let app = orcs::App::new(common::config(|_| {}), route);
        app.start()
            .await
            .expect_err("it must not start")
            .to_string()
    };
    let join = || ws("/ws").on("join", async |_client, ()| ());
    assert_eq!(
        error(join().profile(Profile::Candy)).await,
        "/ws: nothing reaches `join`, because every text of a route that speaks `auto` goes to \
         `message`; use `.on(\"message\", ..)`, or add `.codec(codec::Envelope)`"
    );
    assert_eq!(
        error(join().codec(codec::Auto)).await,
        "/ws: nothing reaches `join`, because every text of a route that speaks `auto` goes to \
         `message`; use `.on(\"message\", ..)`, or leave `.codec(..)` out"
    );
    testing::start(join().profile(Profile::Universal)).await;
    testing::start(join().codec(MessagePack::default())).await;
}
