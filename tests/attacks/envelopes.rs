//! Texts that are no envelopes, and envelopes that nobody should send.

use crate::common::raw::{FIN, RawClient, TEXT, masked};
use crate::kit::{Attack, MIB, UNMETERED};
use crate::server::OPEN;
use serde_json::Value;

const BAD_FRAME: &str =
    r#"{"event":"error","payload":{"message":"Invalid message format","code":"bad_frame"}}"#;

/// Sends a text, and something good behind it: twenty bad ones in a row are a reason to close.
async fn answer(client: &mut RawClient, text: &str) -> String {
    client.send_text(text).await;
    let answer = client.text().await;
    is_answered(client).await;
    answer
}

async fn is_answered(client: &mut RawClient) {
    client
        .send_text(r#"{"event":"echo","payload":"good","id":7}"#)
        .await;
    assert_eq!(
        client.text().await,
        r#"{"event":"orcs:ack","payload":"good","id":7}"#
    );
}

/// The code of the error that a text is answered with.
async fn code(client: &mut RawClient, text: &str) -> String {
    let answer: Value = serde_json::from_str(&answer(client, text).await).expect("JSON");
    assert_eq!(answer["event"], "error", "{answer}");
    answer["payload"]["code"]
        .as_str()
        .expect("a code")
        .to_owned()
}

#[tokio::test]
async fn what_is_no_envelope_is_answered_with_bad_frame() {
    let attack = Attack::begin("no envelopes", UNMETERED).await;
    let mut client = attack.connect(OPEN).await;
    let long_name = format!(r#"{{"event":"{}"}}"#, "e".repeat(129));
    let long_id = format!(
        r#"{{"event":"echo","payload":1,"id":"{}"}}"#,
        "i".repeat(65)
    );
    for text in [
        "",
        " ",
        "null",
        "7",
        "{",
        "[]",
        "{}",
        r#""echo""#,
        r#"["echo",{}]"#,
        r#"{"event":7}"#,
        r#"{"event":null}"#,
        r#"{"event":{"event":"echo"}}"#,
        r#"{"payload":{}}"#,
        r#"{"event":"echo","payload":}"#,
        r#"{"event":"echo"} x"#,
        r#"{'event':'echo'}"#,
        "\u{feff}{\"event\":\"echo\"}",
        r#"{"event":"echo","payload":1,"id":{}}"#,
        r#"{"event":"echo","payload":1,"id":[1]}"#,
        r#"{"event":"echo","payload":1,"id":true}"#,
        // Which of the two would a proxy have checked?
        r#"{"event":"echo","event":"panic"}"#,
        r#"{"event":"echo","payload":1,"payload":2}"#,
        r#"{"event":"echo","id":1,"id":2}"#,
        // Control characters as they are, and half of a pair.
        "{\"event\":\"echo\",\"payload\":\"a\u{0}b\"}",
        "{\"event\":\"echo\",\"payload\":\"a\nb\"}",
        "{\"event\":\"ec\u{1b}ho\"}",
        r#"{"event":"\ud800"}"#,
        &long_name,
        &long_id,
    ] {
        for _ in 0..10 {
            assert_eq!(answer(&mut client, text).await, BAD_FRAME, "{text:.60}");
        }
    }
    drop(client);
    attack.ends("error `bad_frame`", 2 * MIB).await;
}

#[tokio::test]
async fn bombs_of_brackets_are_answered_and_use_no_stack() {
    let attack = Attack::begin("depth bombs of 100,000 brackets", &[]).await;
    let mut client = attack.connect(OPEN).await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        let bomb = format!("{open}1{close}");
        for (text, expected) in [
            (open, "bad_frame"),
            (bomb.clone(), "bad_frame"),
            (format!(r#"{{"event":{bomb}}}"#), "bad_frame"),
            (format!(r#"{{"event":"echo","id":{bomb}}}"#), "bad_frame"),
            (
                format!(r#"{{"event":"join","payload":{bomb}}}"#),
                "validation",
            ),
            (
                format!(r#"{{"event":"read","payload":{bomb}}}"#),
                "validation",
            ),
        ] {
            assert_eq!(code(&mut client, &text).await, expected, "{text:.40}");
        }
        // Who forwards a payload unread need not know how deep it is.
        let text = format!(r#"{{"event":"echo","payload":{bomb},"later":{bomb},"id":1}}"#);
        let expected = format!(r#"{{"event":"orcs:ack","payload":{bomb},"id":1}}"#);
        assert!(answer(&mut client, &text).await == expected, "as it came");
    }
    drop(client);
    attack.ends("`bad_frame` or `validation`", 8 * MIB).await;
}

#[tokio::test]
async fn numbers_come_back_exactly_or_not_at_all() {
    let attack = Attack::begin("numbers that no float holds", &[]).await;
    let mut client = attack.connect(OPEN).await;
    let long = "9".repeat(5000);
    for number in ["9007199254740993", "1e400", "-0", "1.10", "1E+2", &long] {
        let text = format!(r#"{{"event":"echo","payload":{number},"id":1}}"#);
        let expected = format!(r#"{{"event":"orcs:ack","payload":{number},"id":1}}"#);
        assert_eq!(answer(&mut client, &text).await, expected, "{number:.20}");
    }
    // Where a handler wants a number that it can hold.
    for number in ["1e400", "-1", "1.5", "18446744073709551616", &long, "\"1\""] {
        let text = format!(r#"{{"event":"download","payload":{number}}}"#);
        assert_eq!(code(&mut client, &text).await, "validation", "{number:.20}");
    }
    for number in ["01", "+1", "0x1", "NaN", "Infinity", ".5", "1."] {
        let text = format!(r#"{{"event":"echo","payload":{number}}}"#);
        assert_eq!(code(&mut client, &text).await, "bad_frame", "{number}");
    }
    let escaped = r#"{"event":"echo","payload":"a\u0000b","id":1}"#;
    assert_eq!(
        answer(&mut client, escaped).await,
        r#"{"event":"orcs:ack","payload":"a\u0000b","id":1}"#,
        "an escaped NUL is a character like another"
    );
    drop(client);
    attack.ends("exact, or `validation`", 2 * MIB).await;
}

#[tokio::test]
async fn the_names_of_a_connections_own_moments_cannot_be_called() {
    let attack = Attack::begin("reserved events", &[]).await;
    let mut client = attack.connect(OPEN).await;
    for name in ["connect", "disconnect", "open", "close", "drain", "error"] {
        for text in [
            format!(r#"{{"event":"{name}"}}"#),
            format!(
                r#"{{"event":"\u00{:02x}{}","id":1}}"#,
                name.as_bytes()[0],
                &name[1..]
            ),
        ] {
            assert_eq!(code(&mut client, &text).await, "reserved_event", "{text}");
        }
    }
    drop(client);
    attack.ends("error `reserved_event`", 2 * MIB).await;
}

#[tokio::test]
async fn events_that_nobody_handles_are_ignored_or_answered_without_their_name() {
    let attack = Attack::begin("unknown events", UNMETERED).await;
    let mut client = attack.connect(OPEN).await;
    let long = "n".repeat(128);
    for name in [
        "__proto__",
        "constructor",
        "Echo",
        "echo ",
        "orcs:ack",
        "orcs:none",
        &long,
    ] {
        for _ in 0..100 {
            client.send_text(&format!(r#"{{"event":"{name}"}}"#)).await;
        }
        is_answered(&mut client).await;
        let text = format!(r#"{{"event":"{name}","id":1}}"#);
        assert_eq!(
            answer(&mut client, &text).await,
            r#"{"event":"error","payload":{"message":"Unknown event","code":"unknown_event"},"id":1}"#,
        );
    }
    let guarded = r#"{"event":"guarded"}"#;
    assert_eq!(code(&mut client, guarded).await, "forbidden");
    drop(client);
    attack.ends("ignored, or `unknown_event`", 2 * MIB).await;
}

async fn send_bad(client: &mut RawClient, count: usize) {
    client
        .send(masked(FIN | TEXT, b"no envelope").repeat(count))
        .await;
    for _ in 0..count {
        assert_eq!(client.text().await, BAD_FRAME);
    }
}

#[tokio::test]
async fn twenty_bad_frames_in_a_row_are_answered_and_close_with_1008() {
    let attack = Attack::begin("20 bad frames in a row", &[]).await;
    for _ in 0..20 {
        let mut client = attack.connect(OPEN).await;
        // With a good one between, 19 and 19 again are fine.
        for _ in 0..2 {
            send_bad(&mut client, 19).await;
            is_answered(&mut client).await;
        }
        send_bad(&mut client, 19).await;
        // What comes behind the last is not heard.
        let flood = masked(FIN | TEXT, b"no envelope").repeat(1000);
        client.send(flood).await;
        assert_eq!(client.text().await, BAD_FRAME);
        let reason = "too many bad frames in a row".to_owned();
        assert_eq!(client.closed().await, (1008, reason));
    }
    attack.ends("error `bad_frame`, then 1008", 4 * MIB).await;
}
