//! What a route says by itself, without a handler.

mod common;

use common::kit::{Counter, app, error_code, one, stats};
use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Serialize, Deserialize)]
struct Sum {
    a: i64,
    b: i64,
}

#[tokio::test]
async fn a_rule_says_the_same_or_what_it_computes_to_the_sender() {
    let route = ws("/ws")
        .reply("ping", Rule::send("pong", &json!({"z": 1, "a": 2})))
        .reply("add", Rule::compute("sum", |Sum { a, b }| a.checked_add(b)));
    let (_app, mut ann) = one(route).await;
    ann.send_text(r#"{"event":"ping"}"#).await;
    let pong: Value = ann.expect("pong").await;
    assert_eq!(pong, json!({"z": 1, "a": 2}));
    ann.send("add", &Sum { a: 2, b: 3 }).await;
    assert_eq!(ann.expect::<i64>("sum").await, 5);
    ann.send("add", &"2 and 3").await;
    assert_eq!(error_code(&mut ann).await, "validation");
    ann.expect_nothing().await;
}

#[tokio::test]
async fn a_rule_that_computes_nothing_sends_nothing() {
    let route = ws("/ws")
        .reply("add", Rule::compute("sum", |Sum { a, b }| a.checked_add(b)))
        .refuse_unknown_events();
    let (_app, mut ann) = one(route).await;
    let too_much = Sum { a: i64::MAX, b: 1 };
    ann.send("add", &too_much).await;
    ann.expect_nothing().await;
    // It is handled all the same.
    let answer: Value = ann.request("add", &too_much).await;
    assert_eq!(answer, Value::Null);
    ann.expect_nothing().await;
}

#[tokio::test]
async fn an_id_is_answered_behind_what_a_rule_says() {
    let (_app, mut ann) = one(ws("/ws").reply("ping", Rule::send("pong", "here"))).await;
    ann.send_text(r#"{"event":"ping","id":7}"#).await;
    assert_eq!(ann.expect::<String>("pong").await, "here");
    assert_eq!(ann.expect::<Value>("orcs:ack").await, Value::Null);
}

#[tokio::test]
async fn the_first_rule_that_fits_speaks_and_no_handler_runs() {
    let number = |least: i64| move |payload: &Value| payload.as_i64() >= Some(least);
    let handled = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&handled);
    let route = ws("/ws")
        .on("bid", async move |client, payload: Value| {
            counter.fetch_add(1, Ordering::Relaxed);
            client.send("handled", &payload)
        })
        .reply("bid", Rule::send("sold", &1).when(number(100)))
        .reply("bid", Rule::send("good", &2).when(number(10)))
        .reply(
            "bid",
            Rule::send("odd", &3)
                .when(number(1))
                .when(|payload| payload.as_i64().is_some_and(|bid| bid % 2 == 1)),
        );
    let (_app, mut ann) = one(route).await;
    for (bid, event) in [(100, "sold"), (10, "good"), (11, "good"), (5, "odd")] {
        ann.send("bid", &bid).await;
        let _: u32 = ann.expect(event).await;
        ann.expect_nothing().await;
    }
    assert_eq!(handled.load(Ordering::Relaxed), 0);
    for bid in [json!(4), json!("five"), json!(null)] {
        ann.send("bid", &bid).await;
        assert_eq!(ann.expect::<Value>("handled").await, bid);
        ann.expect_nothing().await;
    }
    assert_eq!(handled.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn where_no_rule_fits_all_goes_on_as_if_there_were_none() {
    let never = || Rule::send("never", &()).when(|_payload| false);
    let plain = ws("/plain").reply("shout", never()).refuse_unknown_events();
    let falling = ws("/falling")
        .reply("shout", never())
        .reply("whisper", never())
        .fallback(async |_client, event, _payload| Reply(event));
    let app = app(Routes::new().add(plain).add(falling), |_| {}).await;
    let mut ann = app.connect("/plain").await;
    ann.send("shout", &1).await;
    assert_eq!(error_code(&mut ann).await, "unknown_event");
    let mut bob = app.connect("/falling").await;
    assert_eq!(bob.request::<String>("shout", &1).await, "shout");
    let global = async |_client, ()| Reply("the manager");
    app.manager().on("whisper", global);
    assert_eq!(bob.request::<String>("whisper", &()).await, "the manager");
}

/// Ann and bob in the lobby, cid in the game, dan nowhere.
async fn four(route: Route) -> (TestApp, [TestClient; 4]) {
    let route = route.on("join", async |client, room: String| client.join(&room));
    let app = testing::start(route).await;
    let mut clients = [
        app.connect("/ws").await,
        app.connect("/ws").await,
        app.connect("/ws").await,
        app.connect("/ws").await,
    ];
    for (client, room) in clients.iter_mut().zip(["lobby", "lobby", "game"]) {
        client.send("join", room).await;
    }
    (app, clients)
}

#[tokio::test]
async fn a_rule_reaches_whom_it_names_and_the_sender_only_if_it_says_so() {
    let said = || Rule::compute("said", |text: String| Some(text));
    let route = ws("/ws")
        .reply("lobby", said().to_room("lobby"))
        .reply("lobby-all", said().to_room("lobby").include_self())
        .reply("both", said().to_room("lobby").to_room("game"))
        .reply("everyone", said().to_everyone())
        .reply("everyone-all", said().to_everyone().include_self())
        .reply("me", said().include_self());
    let (_app, mut clients) = four(route).await;
    for (event, expected) in [
        ("lobby", [false, true, false, false]),
        ("lobby-all", [true, true, false, false]),
        ("both", [false, true, true, false]),
        ("everyone", [false, true, true, true]),
        ("everyone-all", [true, true, true, true]),
        ("me", [true, false, false, false]),
    ] {
        clients[0].send(event, event).await;
        for (client, hears) in clients.iter_mut().zip(expected) {
            if hears {
                assert_eq!(client.expect::<String>("said").await, event);
            }
            client.expect_nothing().await;
        }
    }
    // Who is not in the room it speaks to is no member for having spoken.
    clients[3].send("lobby-all", "dan").await;
    assert_eq!(clients[0].expect::<String>("said").await, "dan");
    clients[3].expect_nothing().await;
}

#[tokio::test]
async fn a_rule_says_nothing_to_a_room_that_its_sender_may_not_talk_to() {
    let said = Rule::compute("said", |text: String| Some(text)).to_room("lobby");
    let route = ws("/ws")
        .reply("say", said)
        .on("join", async |client, room: String| client.join(&room));
    let rules = RoomRules::new().members_only();
    let app = app(Routes::new().add(route).rooms("lobby", rules), |_| {}).await;
    let (mut ann, mut bob) = (app.connect("/ws").await, app.connect("/ws").await);
    ann.send("join", "lobby").await;
    bob.send("say", "hi").await;
    ann.expect_nothing().await;
    bob.send("join", "lobby").await;
    bob.send("say", "hi").await;
    assert_eq!(ann.expect::<String>("said").await, "hi");
}

#[tokio::test]
async fn guards_and_a_clients_own_handlers_come_before_rules() {
    let said = || Rule::compute("said", |text: String| Some(text));
    let route = ws("/ws")
        .guard("say", async |_client, text: String| text != "spam")
        .reply("say", said())
        .reply("only", said())
        .guard("only", async |_client, ()| false)
        .on("listen", async |client, ()| {
            client.on("say", async |_client, text: String| Reply(text))
        });
    let (_app, mut ann) = one(route).await;
    ann.send("say", "hi").await;
    assert_eq!(ann.expect::<String>("said").await, "hi");
    ann.send("say", "spam").await;
    assert_eq!(error_code(&mut ann).await, "forbidden");
    ann.send("only", &()).await;
    assert_eq!(error_code(&mut ann).await, "forbidden");
    ann.send("listen", &()).await;
    assert_eq!(ann.request::<String>("say", "hi").await, "hi");
    ann.expect_nothing().await;
}

#[tokio::test]
async fn guards_are_asked_before_any_condition_and_before_whoever_gets_what_no_rule_fits() {
    let asked = Counter::default();
    let guarded = |path: &str| {
        let asked = asked.clone();
        let never = move |_payload: &Value| {
            asked.count();
            false
        };
        ws(path)
            .guard("say", async |_client, text: String| text != "spam")
            .reply("say", Rule::send("never", &()).when(never))
            .reply("say", Rule::send("hey", &()).when(|text| text == "HEY"))
            .error(async |client, failed| client.send("failed", &failed.event))
    };
    let own = guarded("/own").on("say", async |_client, text: String| Reply(text));
    let falling = guarded("/falling").fallback(async |_client, _event, text: Value| Reply(text));
    let routes = Routes::new().add(own).add(falling).add(guarded("/nobodys"));
    let app = app(routes, |_| {}).await;
    for path in ["/own", "/falling"] {
        let mut ann = app.connect(path).await;
        let before = asked.get();
        ann.send("say", "spam").await;
        assert_eq!(error_code(&mut ann).await, "forbidden", "{path}");
        assert_eq!(ann.expect::<String>("failed").await, "say");
        assert_eq!(asked.get(), before, "no condition is asked before");
        assert_eq!(ann.request::<String>("say", "hi").await, "hi");
        ann.send("say", "HEY").await;
        ann.expect::<()>("hey").await;
        ann.expect_nothing().await;
    }
    // Where nobody is behind the guard, that is told as it is anywhere.
    let mut bob = app.connect("/nobodys").await;
    bob.send("say", "hi").await;
    bob.expect_nothing().await;
    bob.send_text(r#"{"event":"say","payload":"hi","id":7}"#)
        .await;
    assert_eq!(error_code(&mut bob).await, "unknown_event");
    bob.expect_nothing().await;
    assert_eq!(stats(&app).unknown_events, 2);
    app.manager()
        .on("say", async |_client, text: String| Reply(text));
    assert_eq!(bob.request::<String>("say", "hi").await, "hi");
    let refused = stats(&app).events_refused;
    bob.send("say", "spam").await;
    assert_eq!(error_code(&mut bob).await, "forbidden");
    assert_eq!(bob.expect::<String>("failed").await, "say");
    assert_eq!(stats(&app).events_refused, refused + 1);
}

#[tokio::test]
async fn a_raw_route_has_rules_for_its_message() {
    let route = ws("/ws")
        .codec(codec::Raw)
        .reply(
            "message",
            Rule::send("pong", "pong").when(|text| text == "ping"),
        )
        .reply(
            "message",
            Rule::send("who", &["ann"]).when(|text| text == "who"),
        )
        .on("message", async |_client, text: String| Reply(text));
    let (_app, mut ann) = one(route).await;
    for (said, heard) in [("ping", "pong"), ("who", r#"["ann"]"#), ("hi", "hi")] {
        ann.send_text(said).await;
        assert_eq!(ann.expect_text().await, heard);
    }
}

#[tokio::test]
async fn a_condition_sees_of_a_typed_object_what_a_computation_reads() {
    let heard = |event: &str| Rule::send(event, &json!({}));
    let route = ws("/ws")
        .profile(Profile::Universal)
        .reply("say", heard("hey").when(|text| text == "HEY"))
        .reply("say", heard("long").when(|said| said["text"] == "HEY"))
        .reply("say", heard("nothing").when(Value::is_null))
        .reply(
            "say",
            Rule::compute("said", |text: String| Some(json!({ "text": text }))),
        );
    let (_app, mut ann) = one(route).await;
    for (sent, heard) in [
        (r#"{"type":"say","payload":"HEY"}"#, r#"{"type":"hey"}"#),
        (r#"{"type":"say","text":"HEY"}"#, r#"{"type":"long"}"#),
        (r#"{"type":"say"}"#, r#"{"type":"nothing"}"#),
        (
            r#"{"type":"say","payload":"hi"}"#,
            r#"{"type":"said","text":"hi"}"#,
        ),
    ] {
        ann.send_text(sent).await;
        assert_eq!(ann.expect_text().await, heard);
    }
}

#[tokio::test]
async fn a_rule_that_panics_is_a_handler_that_failed() {
    let route = ws("/ws")
        .reply("when", Rule::send("x", &1).when(|_payload| panic!("a bug")))
        .reply(
            "compute",
            Rule::compute("x", |(): ()| -> Option<u8> { panic!("a bug") }),
        )
        .reply("ping", Rule::send("pong", &1))
        .error(async |client, failed| client.send("failed", &failed.event));
    let (_app, mut ann) = one(route).await;
    for event in ["when", "compute"] {
        ann.send(event, &()).await;
        assert_eq!(error_code(&mut ann).await, "internal");
        assert_eq!(ann.expect::<String>("failed").await, event);
    }
    ann.send("ping", &()).await;
    assert_eq!(ann.expect::<u8>("pong").await, 1);
}

#[tokio::test]
async fn a_rule_that_can_never_speak_stops_the_start() {
    let not_json = HashMap::from([((1, 2), 3)]);
    for (route, expected) in [
        (
            ws("/a").reply("ping", Rule::send("pong", &not_json)),
            "/a: the payload of `pong` cannot be JSON: ",
        ),
        (
            ws("/a").reply("connect", Rule::send("pong", &1)),
            "use `.connect(..)`",
        ),
        (
            ws("/a").reply("orcs:x", Rule::send("pong", &1)),
            "are reserved",
        ),
        (
            ws("/a")
                .codec(codec::Raw)
                .reply("ping", Rule::send("pong", &1)),
            "/a: nothing reaches `ping`",
        ),
        (
            ws("/a")
                .reply("ping", Rule::send("pong", &1))
                .guard("pong", async |_client, ()| true),
            "known events: ping",
        ),
    ] {
        let mut config = orcs::Config::default();
        config.port = 0;
        let started = orcs::App::new(config, route).start().await;
        let error = started.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}
