//! What clients of each codec send and read: built-in ones, one of the app's own, and rooms
//! in which they meet.

mod common;

use common::raw::{BINARY, FIN, Frame, RawClient, TEXT, masked};
use common::start;
use orcs::codec::{Codec, Encoded, Incoming, Message, Outgoing};
use orcs::prelude::*;
use orcs::{Delivery, testing};
use serde_json::{Value, from_str, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// `[event, payload, id]` in MessagePack, and how often it encoded a `said`.
#[derive(Clone, Default)]
struct MessagePack {
    said: Arc<AtomicUsize>,
}

impl Codec for MessagePack {
    fn decode(&self, message: Message<'_>) -> orcs::Result<Incoming> {
        let Message::Binary(bytes) = message else {
            return Err("MessagePack is binary".into());
        };
        let (event, payload, id): (String, Value, Value) = rmp_serde::from_slice(bytes)?;
        if event == "decode-panics" {
            panic!("on purpose");
        }
        Incoming::new(event, &payload)?.with_id(&id)
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> orcs::Result<Encoded> {
        match outgoing.event {
            "said" => drop(self.said.fetch_add(1, Ordering::Relaxed)),
            "encode-fails" => return Err("it cannot be said".into()),
            "encode-panics" => panic!("on purpose"),
            _ => {}
        }
        if outgoing.payload.get() == r#""unspeakable""# {
            return Err("it cannot be said".into());
        }
        let payload: Value = from_str(outgoing.payload.get())?;
        let id: Value = outgoing
            .id
            .map_or(Ok(Value::Null), |id| from_str(id.get()))?;
        Ok(rmp_serde::to_vec(&(outgoing.event, payload, id))?.into())
    }
}

fn packed(event: &str, payload: impl Into<Value>, id: impl Into<Value>) -> Vec<u8> {
    rmp_serde::to_vec(&(event, payload.into(), id.into())).expect("it can be packed")
}

#[derive(Deserialize)]
struct Join {
    room: String,
}

#[derive(Serialize, Deserialize)]
struct Said {
    text: String,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    text: Option<String>,
}

/// The same for clients of every codec that names events.
fn talk(route: Route) -> Route {
    route
        .on("join", async |client, Join { room }| client.join(&room))
        .on("say", async |client, said: Said| {
            client.to("lobby").include_self().send("said", &said);
        })
        .on("add", async |_client, numbers: Vec<i64>| {
            Reply(numbers.iter().sum::<i64>())
        })
        .on("count", async |client, number: u32| {
            client.send("count", &(number + 1))
        })
        .on("whoami", async |_client, ()| Reply(json!({"name": "ann"})))
        .on("wanted", async |_client, wanted: Wanted| Reply(wanted.text))
        .on("mistake", async |_client, _: Value| -> orcs::Result {
            Err("no, thanks".into())
        })
        .on("panic", async |_client, _: Value| -> () {
            panic!("on purpose")
        })
}

/// Sends a text and compares what comes back, text by text.
async fn is_answered(client: &mut testing::TestClient, sent: &str, answers: &[&str]) {
    client.send_text(sent).await;
    for answer in answers {
        assert_eq!(client.expect_text().await, *answer, "to {sent}");
    }
    client.expect_nothing().await;
}

#[tokio::test]
async fn a_typed_object_is_an_event_and_its_own_payload() {
    let app = testing::start(talk(ws("/ws").codec(codec::Typed))).await;
    let mut ann = app.connect("/ws").await;
    is_answered(&mut ann, r#"{"type":"join","room":"lobby"}"#, &[]).await;
    assert_eq!(app.manager().get_client_rooms(ann.id()), ["lobby"]);
    for (sent, answers) in [
        (
            r#"{"type":"say","text":"hi"}"#,
            &[r#"{"type":"said","text":"hi"}"#][..],
        ),
        (
            r#"{ "text" : "é\n" , "type":"s\u0061y" }"#,
            &[r#"{"type":"said","text":"é\n"}"#],
        ),
        (
            r#"{"type":"whoami","id":7}"#,
            &[r#"{"type":"orcs:ack","payload":{"name":"ann"},"id":7}"#],
        ),
        (
            r#"{"type":"join","room":"garden","id":"a"}"#,
            &[r#"{"type":"orcs:ack","payload":null,"id":"a"}"#],
        ),
        // What is no object goes in as it goes out.
        (
            r#"{"type":"add","payload":[1,2],"id":7}"#,
            &[r#"{"type":"orcs:ack","payload":3,"id":7}"#],
        ),
        (
            r#"{"type":"count","payload":4}"#,
            &[r#"{"type":"count","payload":5}"#],
        ),
        // A struct is always read from the object itself.
        (
            r#"{"type":"wanted","payload":{"text":"a"},"text":"b","id":1}"#,
            &[r#"{"type":"orcs:ack","payload":"b","id":1}"#],
        ),
        (r#"{"type":"whoami"}"#, &[]),
        (r#"{"type":"nobody-knows"}"#, &[]),
    ] {
        is_answered(&mut ann, sent, answers).await;
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_a_typed_object() {
    let app = testing::start(talk(ws("/ws").codec(codec::Typed))).await;
    let mut ann = app.connect("/ws").await;
    let bad_frame = r#"{"type":"error","message":"Invalid message format","code":"bad_frame"}"#;
    let reserved =
        r#"{"type":"error","message":"This event's name is reserved","code":"reserved_event"}"#;
    for (sent, answer) in [
        ("hi", bad_frame),
        ("null", bad_frame),
        (r#"["join"]"#, bad_frame),
        (r#"{"event":"join","payload":{"room":"a"}}"#, bad_frame),
        (r#"{"type":7}"#, bad_frame),
        (r#"{"type":"join","id":[]}"#, bad_frame),
        (r#"{"type":"connect"}"#, reserved),
        (r#"{"type":"disconnect","room":"a"}"#, reserved),
        (r#"{"type":"error","message":"x"}"#, reserved),
        (
            r#"{"type":"join","room":7,"id":3}"#,
            r#"{"type":"error","message":"invalid type: integer `7`, expected a string","code":"validation","id":3}"#,
        ),
        (
            r#"{"type":"join"}"#,
            r#"{"type":"error","message":"missing field `room`","code":"validation"}"#,
        ),
        (
            r#"{"type":"count","payload":"x"}"#,
            r#"{"type":"error","message":"invalid type: string \"x\", expected u32","code":"validation"}"#,
        ),
        (
            r#"{"type":"whoami","more":1}"#,
            r#"{"type":"error","message":"invalid type: map, expected unit","code":"validation"}"#,
        ),
        (
            r#"{"type":"mistake","id":3}"#,
            r#"{"type":"error","message":"no, thanks","code":"rejected","id":3}"#,
        ),
        (
            r#"{"type":"panic"}"#,
            r#"{"type":"error","message":"Internal error","code":"internal"}"#,
        ),
        (
            r#"{"type":"orcs:ack","id":3}"#,
            r#"{"type":"error","message":"Unknown event","code":"unknown_event","id":3}"#,
        ),
    ] {
        is_answered(&mut ann, sent, &[answer]).await;
    }
}

#[tokio::test]
async fn who_finds_an_object_is_as_for_an_envelope() {
    let limited = ws("/limited")
        .codec(codec::Typed)
        .rate_limit(RateLimit::per_second(3).burst(1))
        .on("hi", async |_client, ()| Reply("hi"));
    let falls = ws("/falls")
        .codec(codec::Typed)
        .refuse_unknown_events()
        .fallback(async |_client, event: String, payload: Value| Reply(json!([event, payload])));
    let app = testing::start(Routes::new().add(limited).add(falls)).await;
    let mut ann = app.connect("/falls").await;
    is_answered(
        &mut ann,
        r#"{"type":"a","x":1,"id":7}"#,
        &[r#"{"type":"orcs:ack","payload":["a",{"id":7,"type":"a","x":1}],"id":7}"#],
    )
    .await;
    app.manager().on("global", async |client, said: Said| {
        client.send("heard", &said)
    });
    is_answered(
        &mut ann,
        r#"{"type":"global","text":"hi"}"#,
        &[r#"{"type":"heard","text":"hi"}"#],
    )
    .await;
    let mut bob = app.connect("/limited").await;
    let hi = masked(FIN | TEXT, br#"{"type":"hi","id":9}"#);
    bob.send_raw(&hi.repeat(2)).await;
    assert_eq!(
        bob.expect_text().await,
        r#"{"type":"orcs:ack","payload":"hi","id":9}"#
    );
    assert_eq!(
        bob.expect_text().await,
        r#"{"type":"error","message":"Too many messages","code":"rate_limited","retry_after":334,"id":9}"#
    );
}

#[tokio::test]
async fn an_auto_text_is_json_where_it_is_json() {
    #[derive(Deserialize, Serialize)]
    #[serde(untagged)]
    enum Any {
        Said(Said),
        Other(Value),
    }
    let values = ws("/values")
        .codec(codec::Auto)
        .on("message", async |_client, value: Value| {
            Reply(json!([value]))
        });
    let objects = ws("/objects")
        .codec(codec::Auto)
        .on("message", async |_client, said: Said| Reply(said.text));
    let texts = ws("/texts")
        .codec(codec::Auto)
        .on("message", async |_client, text: String| Reply(text));
    let any = ws("/any")
        .codec(codec::Auto)
        .on("message", async |client, any: Any| match any {
            Any::Said(said) => client.send("said", &said),
            Any::Other(value) => client.send("other", &value),
        });
    let app = testing::start(Routes::new().add(values).add(objects).add(texts).add(any)).await;
    let mut values = app.connect("/values").await;
    for (sent, answer) in [
        (r#"{"a":[1]}"#, r#"[{"a":[1]}]"#),
        ("5", "[5]"),
        ("null", "[null]"),
        (r#""quoted""#, r#"["quoted"]"#),
        ("plain", r#"["plain"]"#),
        (r#"{"a":"#, r#"["{\"a\":"]"#),
        ("", r#"[""]"#),
    ] {
        is_answered(&mut values, sent, &[answer]).await;
    }
    let mut texts = app.connect("/texts").await;
    for (sent, answer) in [
        ("plain \"text\"", "plain \"text\""),
        (r#""quoted""#, "quoted"),
        ("5", "5"),
        (r#"{"a":1}"#, r#"{"a":1}"#),
        ("", ""),
    ] {
        is_answered(&mut texts, sent, &[answer]).await;
    }
    let mut objects = app.connect("/objects").await;
    is_answered(&mut objects, r#"{"text":"hi"}"#, &["hi"]).await;
    for (sent, why) in [
        (r#"{"txt":"hi"}"#, "missing field `text`"),
        ("7", "invalid type: integer `7`, expected struct Said"),
        ("hi", r#"invalid type: string \"hi\", expected struct Said"#),
    ] {
        let error = format!(r#"{{"message":"{why}","code":"validation"}}"#);
        is_answered(&mut objects, sent, &[&error]).await;
    }
    let mut any = app.connect("/any").await;
    for (sent, answer) in [
        (r#"{"text":"hi"}"#, r#"{"text":"hi"}"#),
        ("hi", "hi"),
        ("[ 1 ]", "[1]"),
    ] {
        is_answered(&mut any, sent, &[answer]).await;
    }
}

#[tokio::test]
async fn lifecycle_names_and_envelopes_are_payloads_to_auto() {
    let auto = ws("/ws")
        .codec(codec::Auto)
        .on("message", async |_client, value: Value| Reply(value));
    let app = testing::start(auto).await;
    let mut ann = app.connect("/ws").await;
    for text in [
        r#"{"event":"connect","payload":null,"id":7}"#,
        r#"{"type":"disconnect"}"#,
    ] {
        let same: Value = from_str(text).expect("JSON");
        ann.send_text(text).await;
        assert_eq!(from_str::<Value>(&ann.expect_text().await).ok(), Some(same));
    }
}

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
    common::eventually(|| app.manager.get_room_clients("lobby").len() == 6).await;
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
        let answer = client
            .request(&common::raw::upgrade_request(path, offer))
            .await;
        assert_eq!(answer.status, 101);
        forms.push(client);
    }
    common::eventually(|| app.manager.get_room_clients("lobby").len() == 5).await;
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
    let isolated = [Profile::Orcs, Profile::Candy, Profile::OpenSpeed].map(|it| it.is_isolated());
    assert_eq!(isolated, [false; 3]);
    assert!(Profile::Universal.is_isolated());
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
