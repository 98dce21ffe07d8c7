//! Rooms: too many of them, with names that are none, and those of others.

use crate::common::raw::{FIN, RawClient, TEXT, masked};
use crate::kit::{Attack, MIB, UNMETERED};
use crate::server::OPEN;
use serde_json::{Value, json};

async fn asks(client: &mut RawClient, event: &str, payload: &Value) -> Value {
    let question = json!({"event": event, "payload": payload, "id": 1});
    client.send_text(&question.to_string()).await;
    let answer: Value = serde_json::from_str(&client.text().await).expect("JSON");
    answer["payload"].clone()
}

#[tokio::test]
async fn a_hundred_thousand_joins_are_a_hundred_and_twenty_eight_rooms() {
    let attack = Attack::begin("100,000 joins", UNMETERED).await;
    let mut client = attack.connect(OPEN).await;
    let mut refused = 0;
    for batch in 0..100 {
        let joins = (0..1000).map(|number| {
            let join = format!(r#"{{"event":"join","payload":"room {batch} {number}","id":1}}"#);
            masked(FIN | TEXT, join.as_bytes())
        });
        client.send(joins.collect::<Vec<_>>().concat()).await;
        for _ in 0..1000 {
            let answer = client.text().await;
            match answer.contains(r#""code":"too_many_rooms""#) {
                true => refused += 1,
                false => assert_eq!(answer, r#"{"event":"orcs:ack","payload":null,"id":1}"#),
            }
        }
    }
    assert_eq!(refused, 100_000 - 128);
    assert_eq!(attack.stats("rooms").await, 128 + 1);
    drop(client);
    attack.ends("error `too_many_rooms`", 4 * MIB).await;
}

#[tokio::test]
async fn rooms_that_nobody_is_in_any_more_vanish() {
    let settings = [("WS_MAX_ROOMS_PER_CLIENT", "2"), ("WS_RATE_LIMIT", "0")];
    let attack = Attack::begin("20,000 rooms joined and left", &settings).await;
    let mut client = attack.connect(OPEN).await;
    for number in 0..20_000 {
        let room = json!(format!("room {number}"));
        assert_eq!(asks(&mut client, "join", &room).await, Value::Null);
        assert_eq!(asks(&mut client, "leave", &room).await, Value::Null);
    }
    assert_eq!(attack.stats("rooms").await, 1);
    for room in ["a", "b"] {
        assert_eq!(asks(&mut client, "join", &json!(room)).await, Value::Null);
    }
    let third = asks(&mut client, "join", &json!("c")).await;
    assert_eq!(third["code"], "too_many_rooms");
    drop(client);
    attack.ends("no room is left", 4 * MIB).await;
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let attack = Attack::begin("names of rooms that are none", &[]).await;
    let mut client = attack.connect(OPEN).await;
    for name in [
        "",
        "a\0b",
        "a\nb",
        "\u{1b}[31m",
        "a\u{85}b",
        &"x".repeat(129),
        &"x".repeat(100_000),
    ] {
        let refused = asks(&mut client, "join", &json!(name)).await;
        assert_eq!(refused["code"], "validation", "{name:.20?}");
        assert!(
            !refused["message"].to_string().contains("xxxxx"),
            "{refused}"
        );
    }
    for name in [&"x".repeat(128), "__proto__", "../..", "a b", "\u{202e}"] {
        assert_eq!(
            asks(&mut client, "join", &json!(name)).await,
            Value::Null,
            "{name}"
        );
    }
    drop(client);
    attack.ends("error `validation`", 2 * MIB).await;
}

#[tokio::test]
async fn who_is_not_in_a_room_for_members_reaches_nobody_of_it() {
    let attack = Attack::begin("talk to a room of others", UNMETERED).await;
    let mut member = attack.connect(OPEN).await;
    asks(&mut member, "join", &json!("members:1")).await;
    let mut stranger = attack.connect(OPEN).await;
    for _ in 0..1000 {
        let reached = asks(&mut stranger, "say", &json!(["members:1", "hi"])).await;
        assert_eq!(reached, 0);
    }
    // It hears what a member says, and nothing before.
    let mut friend = attack.connect(OPEN).await;
    asks(&mut friend, "join", &json!("members:1")).await;
    assert_eq!(
        asks(&mut friend, "say", &json!(["members:1", "hello"])).await,
        1
    );
    assert_eq!(member.text().await, r#"{"event":"said","payload":"hello"}"#);
    drop((member, stranger, friend));
    attack.ends("reaches nobody", 2 * MIB).await;
}
