//! Routes whose clients speak plain text: `codec::Raw`.

mod common;

use common::raw::{BINARY, CONTINUATION, FIN, Frame, RawClient, TEXT, announced, masked};
use common::{start, start_with};
use orcs::prelude::*;
use orcs::{Delivery, testing};
use serde_json::{Value, json};
use std::time::Duration;

/// Text and bytes come back as they are.
fn echo() -> Route {
    ws("/raw")
        .codec(codec::Raw)
        .on("message", async |_client, text: String| Reply(text))
        .binary(async |client, bytes: Bytes| client.send_binary(bytes))
}

/// Does what it is told, in one word.
fn talk() -> Route {
    ws("/raw")
        .codec(codec::Raw)
        .connect(async |client| client.join("all"))
        .on("message", async |client, text: String| -> orcs::Result {
            match &*text {
                "panic" => panic!("on purpose"),
                "reject" => return Err("no, thanks".into()),
                "hang" => std::future::pending().await,
                "wait" => tokio::time::sleep(Duration::from_secs(1)).await,
                _ => {}
            }
            client.send("heard", &text);
            Ok(())
        })
}

const LENGTHS: [usize; 9] = [0, 1, 125, 126, 2047, 2048, 16 << 10, 65_536, 1 << 20];

#[tokio::test]
async fn text_and_bytes_come_back_as_they_are() {
    let app = start(echo()).await;
    let mut client = RawClient::connect(&app, "/raw").await;
    for length in LENGTHS {
        let text = "é\"\\\n{".repeat(length / 6).into_bytes();
        for (opcode, payload) in [(TEXT, text), (BINARY, vec![0xFF; length])] {
            let (first, second) = payload.split_at(payload.len() / 3);
            let whole = masked(FIN | opcode, &payload);
            let pieces = [masked(opcode, first), masked(FIN | CONTINUATION, second)];
            for sent in [whole, pieces.concat()] {
                client.send(sent).await;
                assert!(
                    client.frame().await == Frame::new(opcode, payload.clone()),
                    "{length}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_looks_like_an_envelope_is_text_too() {
    let app = testing::start(echo()).await;
    let mut ann = app.connect("/raw").await;
    for text in [
        r#"{"event":"message","payload":{"a":1},"id":7}"#,
        r#"{"event":"connect"}"#,
        r#""quoted""#,
        "",
        "null",
        "\u{feff}",
    ] {
        ann.send_text(text).await;
        assert_eq!(ann.expect_text().await, text);
    }
    ann.expect_nothing().await;
}

#[tokio::test]
async fn a_string_is_sent_as_it_is_and_anything_else_as_json() {
    let app = testing::start(ws("/raw").codec(codec::Raw).connect(async |client| {
        client.send("hello", "a \"string\"");
        client.send("hello", &42);
        client.send("hello", &json!({"text": "hi"}));
        client.send("hello", &client.id());
    }))
    .await;
    let mut ann = app.connect("/raw").await;
    let id = ann.id().to_string();
    for text in ["a \"string\"", "42", r#"{"text":"hi"}"#, &id] {
        assert_eq!(ann.expect_text().await, text);
    }
    let delivery = app.manager().send_to_client(ann.id(), "hello", "by id");
    assert_eq!(delivery, Delivery::Queued);
    assert_eq!(ann.expect_text().await, "by id");
    ann.expect_nothing().await;
}

#[tokio::test]
async fn each_member_of_a_room_reads_what_it_speaks() {
    let envelopes = ws("/ws")
        .connect(async |client| client.join("all"))
        .on("say", async |client, text: String| {
            client.to("all").include_self().send("said", &text)
        });
    let app = testing::start(Routes::new().add(talk()).add(envelopes)).await;
    let mut raw = [app.connect("/raw").await, app.connect("/raw").await];
    let mut ann = app.connect("/ws").await;
    for length in LENGTHS {
        for letter in ["x", "\n", "😀"] {
            let text = letter.repeat(length / 4);
            ann.send("say", &text).await;
            assert_eq!(ann.expect::<String>("said").await, text);
            for client in &mut raw {
                assert!(client.expect_text().await == text, "{length} of {letter:?}");
            }
        }
    }
    let manager = app.manager();
    let sent = manager.broadcast("news", &json!({"price": 5}));
    assert_eq!(sent.queued, 3);
    manager.broadcast_to_room("all", "news", &Some("one"), []);
    manager.to("all").volatile().send("news", &());
    manager.to("all").send_binary("bytes");
    assert_eq!(ann.expect::<Value>("news").await, json!({"price": 5}));
    assert_eq!(ann.expect::<String>("news").await, "one");
    ann.expect::<()>("news").await;
    assert_eq!(ann.expect_binary().await, "bytes");
    for client in &mut raw {
        for text in [r#"{"price":5}"#, "one", "null"] {
            assert_eq!(client.expect_text().await, text);
        }
        assert_eq!(client.expect_binary().await, "bytes");
    }
}

#[tokio::test]
async fn messages_are_handled_in_order_and_wait_behind_a_handler() {
    let app = testing::start(talk()).await;
    let mut ann = app.connect("/raw").await;
    ann.send_text("wait").await;
    for number in 0..10 {
        ann.send_text(&number.to_string()).await;
    }
    ann.expect_nothing().await;
    app.advance(Duration::from_secs(1)).await;
    assert_eq!(ann.expect_text().await, "wait");
    for number in 0..10 {
        assert_eq!(ann.expect_text().await, number.to_string());
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_json() {
    let app = testing::start_app(|mut config| {
        config.handler_timeout = Some(Duration::from_secs(2));
        orcs::App::new(config, talk())
    })
    .await;
    let mut ann = app.connect("/raw").await;
    for (text, message, code) in [
        ("panic", "Internal error", "internal"),
        ("reject", "no, thanks", "rejected"),
        ("hang", "the handler took too long", "timeout"),
    ] {
        ann.send_text(text).await;
        let told: Value = serde_json::from_str(&ann.expect_text().await).expect("JSON");
        assert_eq!(told, json!({"message": message, "code": code}));
    }
    ann.send_text("fine").await;
    assert_eq!(ann.expect_text().await, "fine");
}

#[tokio::test]
async fn a_handler_takes_what_a_string_can_be_read_into_and_replies_to_every_message() {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Command {
        Ping,
        Count,
        Nothing,
    }
    #[derive(Serialize)]
    struct Count {
        clients: usize,
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Answer {
        Text(&'static str),
        Count(Count),
    }
    let commands = ws("/raw")
        .codec(codec::Raw)
        .on("message", async |client, command: Command| {
            let clients = client.manager().get_stats().connections;
            Reply(match command {
                Command::Ping => Some(Answer::Text("pong")),
                Command::Count => Some(Answer::Count(Count { clients })),
                Command::Nothing => None,
            })
        });
    let app = testing::start(commands).await;
    let mut ann = app.connect("/raw").await;
    for (command, answer) in [
        ("ping", "pong"),
        ("count", r#"{"clients":1}"#),
        ("nothing", "null"),
    ] {
        ann.send_text(command).await;
        assert_eq!(ann.expect_text().await, answer);
    }
    ann.send_text("dance").await;
    let told: Value = serde_json::from_str(&ann.expect_text().await).expect("JSON");
    assert_eq!(told["code"], "validation");
    ann.expect_nothing().await;
}

#[tokio::test]
async fn who_handles_a_text_is_found_as_for_an_event() {
    let routes = Routes::new()
        .add(ws("/nobody").codec(codec::Raw))
        .add(ws("/refuses").codec(codec::Raw).refuse_unknown_events())
        .add(ws("/falls").codec(codec::Raw).fallback(
            async |_client, event: String, payload: Value| Reply(json!([event, payload])),
        ));
    let app = testing::start(routes).await;
    let mut nobody = app.connect("/nobody").await;
    nobody.send_text("hi").await;
    nobody.expect_nothing().await;
    let mut refused = app.connect("/refuses").await;
    refused.send_text("hi").await;
    let told: Value = serde_json::from_str(&refused.expect_text().await).expect("JSON");
    assert_eq!(told["code"], "unknown_event");
    let mut falls = app.connect("/falls").await;
    falls.send_text("hi").await;
    assert_eq!(falls.expect_text().await, r#"["message","hi"]"#);

    let manager = app.manager();
    manager.on("message", async |client, text: String| {
        client.send("one", &text)
    });
    manager.on("message", async |_client, text: Option<String>| Reply(text));
    for client in [&mut nobody, &mut falls] {
        client.send_text("hi").await;
        for _ in 0..2 {
            assert_eq!(client.expect_text().await, "hi");
        }
        client.expect_nothing().await;
    }
}

#[tokio::test]
async fn a_raw_client_that_is_behind_is_told_the_latest_of_each_event() {
    let prices = ws("/raw")
        .codec(codec::Raw)
        .slow_consumer(SlowConsumer::Latest);
    let app = testing::start(prices).await;
    let mut ann = app.connect("/raw").await;
    ann.stop_reading();
    let (manager, id) = (app.manager(), ann.id());
    // As much as the connection in memory takes, and a little more.
    manager.send_to_client(id, "first", &"x".repeat(200_000));
    app.advance(Duration::from_millis(10)).await;
    for number in 0..10 {
        manager.send_to_client(id, "price", &number);
        manager.send_to_client(id, "score", &(100 + number));
    }
    ann.read_on();
    assert_eq!(ann.expect_text().await.len(), 200_000);
    assert_eq!(ann.expect_text().await, "9");
    assert_eq!(ann.expect_text().await, "109");
    ann.expect_nothing().await;
}

#[tokio::test]
async fn bytes_without_a_handler_close_with_1003_and_too_many_with_1009() {
    let app = start_with(talk(), |config| config.max_payload_bytes = 1000).await;
    let mut client = RawClient::connect(&app, "/raw").await;
    client.send(masked(FIN | BINARY, b"x")).await;
    assert_eq!(client.closed().await.0, 1003);
    let mut client = RawClient::connect(&app, "/raw").await;
    let text = "x".repeat(1000);
    client.send_text(&text).await;
    assert_eq!(client.text().await, text);
    client.send(announced(FIN | TEXT, 1001)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn a_handler_that_nothing_could_reach_stops_the_start() {
    let events = || {
        ws("/raw")
            .on("join", async |_client, ()| ())
            .codec(codec::Raw)
    };
    let mut config = orcs::Config::default();
    config.port = 0;
    let app = orcs::App::new(config, events());
    let error = app.start().await.expect_err("it must not start");
    assert_eq!(
        error.to_string(),
        "/raw: nothing reaches `join`, because every text of a route that speaks `raw` goes to \
         `message`; use `.on(\"message\", ..)`, or leave `.codec(..)` out"
    );
    let fine = events().codec(codec::Envelope);
    testing::start(fine).await;
}
