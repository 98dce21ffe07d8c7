//! What is asked before an event's handler runs.

use orcs::prelude::*;
use orcs::testing::start;
use serde_json::{Value, json};

#[derive(Serialize, Deserialize)]
struct Message {
    room: String,
    text: String,
}

async fn members_only(client: Client, Message { room, .. }: Message) -> bool {
    client.rooms().contains(&room)
}

#[tokio::test]
async fn only_what_a_guard_lets_through_is_handled() {
    let route = ws("/ws")
        .guard("message", members_only)
        .on("join", async |client, room: String| client.join(&room))
        .on("message", async |_client, message: Message| {
            Reply(message.text)
        })
        .guard(
            "message",
            async |_client, Message { text, .. }| match text.as_str() {
                "spam" => Err("no spam".into()),
                "worse" => Err(Refusal::new(4100, "you are watched").into()),
                "broken" => Ok("x".parse::<u8>().is_ok()),
                "panic" => panic!("a bug"),
                "error" => {
                    "x".parse::<u8>()?;
                    Ok(true)
                }
                _ => orcs::Result::Ok(true),
            },
        );
    let app = start(route).await;
    let mut ann = app.connect("/ws").await;
    let say = |text: &str| json!({"room": "lobby", "text": text});
    ann.send("message", &say("hi")).await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error, json!({"message": "Forbidden", "code": "forbidden"}));
    let _: Value = ann.request("join", "lobby").await;
    assert_eq!(ann.request::<String>("message", &say("hi")).await, "hi");
    for (text, expected) in [
        ("spam", json!({"message": "no spam", "code": "rejected"})),
        (
            "worse",
            json!({"message": "you are watched", "code": "forbidden"}),
        ),
        (
            "broken",
            json!({"message": "Forbidden", "code": "forbidden"}),
        ),
        (
            "panic",
            json!({"message": "Internal error", "code": "internal"}),
        ),
        (
            "error",
            json!({"message": "Internal error", "code": "internal"}),
        ),
    ] {
        ann.send("message", &say(text)).await;
        assert_eq!(ann.expect::<Value>("error").await, expected);
    }
    assert_eq!(
        ann.request::<String>("message", &say("still")).await,
        "still"
    );
}

#[tokio::test]
async fn a_payload_that_the_guard_cannot_read_is_not_let_through() {
    let route = ws("/ws")
        .guard("say", async |_client, _number: u32| true)
        .on("say", async |client, text: Value| {
            client.send("said", &text)
        });
    let app = start(route).await;
    let mut ann = app.connect("/ws").await;
    ann.send("say", "text").await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error["code"], "validation");
    ann.send("say", &7).await;
    assert_eq!(ann.expect::<Value>("said").await, 7);
    // No envelope, although it looks like one.
    ann.send_text(r#"{"event":"say","payload":7x}"#).await;
    assert_eq!(ann.expect::<Value>("error").await["code"], "bad_frame");
    ann.expect_nothing().await;
}

#[tokio::test]
async fn a_guard_of_an_event_that_nobody_handles_stops_the_start() {
    let route = ws("/ws")
        .guard("mesage", async |_client, ()| true)
        .on("message", async |_client, ()| ());
    let error = orcs::App::new(orcs::Config::default(), route)
        .start()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "/ws: a guard for `mesage`, which no handler of this route handles; known events: message"
    );
}

#[tokio::test]
async fn a_guard_and_its_handler_read_the_same_part_of_a_typed_object() {
    #[derive(Deserialize)]
    struct Room {
        room: String,
    }
    let route = ws("/ws")
        .codec(codec::Typed)
        .guard("post", async |_client, Room { room }| room == "public")
        .on("post", async |client, message: Message| {
            client.send("posted", &message)
        });
    let app = start(route).await;
    let mut ann = app.connect("/ws").await;
    for smuggled in [
        r#"{"room":"secret","text":"x"}"#,
        r#"["secret","x"]"#,
        r#"["secret","x"],"id":true"#,
    ] {
        ann.send_text(&format!(
            r#"{{"type":"post","room":"public","payload":{smuggled}}}"#
        ))
        .await;
        let error = ann.expect_text().await;
        assert!(error.contains("missing field `text`"), "{error}");
    }
    ann.send_text(r#"{"type":"post","room":"public","text":"x","payload":["secret","y"]}"#)
        .await;
    assert_eq!(
        ann.expect_text().await,
        r#"{"type":"posted","room":"public","text":"x"}"#
    );
    ann.expect_nothing().await;
}
