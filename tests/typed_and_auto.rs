//! Texts that are typed objects, and those that are JSON or else text.

mod common;

use common::codecs::{Said, talk};
use common::raw::{FIN, TEXT, masked};
use orcs::prelude::*;
use orcs::testing;
use serde_json::{Value, from_str, json};

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
    let typed = ws("/ws")
        .codec(codec::Typed)
        .on("item", async |client, item: Value| {
            client.send("item", &item["id"])
        });
    let app = testing::start(talk(typed)).await;
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
        // An `id` that no answer could have is the app's own.
        (
            r#"{"type":"item","id":{"shelf":3}}"#,
            &[r#"{"type":"item","shelf":3}"#],
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
