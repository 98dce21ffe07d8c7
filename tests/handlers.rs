//! The forms a handler may take, and what becomes of each.

use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};
use orcs::{Delivery, Joined, Left};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Deserialize)]
struct Join {
    room: String,
}

#[derive(Serialize, Deserialize, Event, Debug, PartialEq)]
#[event(reply = Receipt)]
struct Post {
    text: String,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Receipt {
    number: u32,
}

#[derive(Serialize, Event)]
struct UserJoined {
    client_id: ClientId,
}

#[derive(Deserialize)]
struct User {
    sub: String,
}

async fn post(client: Client<User>, Post { text }: Post) -> orcs::Result<Reply<Receipt>> {
    client.send_event(&UserJoined {
        client_id: client.id(),
    });
    if text.is_empty() {
        return Err("empty".into());
    }
    Ok(Reply(Receipt { number: 1 }))
}

async fn anywhere<D: Send + Sync + 'static>(client: Client<D>, (): ()) {
    client.send("pong", &());
}

fn forms() -> Route<User> {
    let label = String::from("captured");
    let counter = Arc::new(AtomicUsize::new(0));
    ws("/forms")
        .on("early", async |client, ()| {
            client.send("early", "before auth")
        })
        .auth::<User>()
        .connect(async |client| client.join("lobby"))
        .event(post)
        .on("join", async |client, Join { room }| client.join(&room))
        .on("leave", async |client, Join { room }| client.leave(&room))
        .on("tail-delivery", async |client, ()| client.send("x", &1))
        .on("tail-sent", async |client, ()| {
            client.to("lobby").send("x", &1)
        })
        .on("tail-result", async |client, ()| {
            std::fs::read("/nowhere/at/all")?;
            orcs::Result::Ok(client.send("x", &1))
        })
        .on("reply-result", async |client, ()| {
            let number: u8 = "5".parse()?;
            orcs::Result::Ok(Reply((client.id(), number)))
        })
        .on("either", async |client, ()| -> orcs::Result {
            client.send("x", "y");
            "five".parse::<u8>()?;
            Ok(())
        })
        .on("anywhere", anywhere)
        .on("captures", async move |client, ()| client.send("x", &label))
        .on("counts", async move |_client, ()| {
            Reply(counter.fetch_add(1, Ordering::Relaxed))
        })
        .on("data", async |client, ()| Reply(client.data().sub.clone()))
        .on("map", async |client, ()| {
            client.send(
                "map",
                &[((1, 2), 3)]
                    .into_iter()
                    .collect::<std::collections::HashMap<_, _>>(),
            )
        })
        .fallback(async |client, event, payload| client.send("unknown", &(event, payload)))
        .disconnect(async |client, Close { code, .. }| client.to("lobby").send("left", &code))
}

async fn client() -> (TestApp, TestClient) {
    let app = testing::start(forms()).await;
    let client = app.connect_as("/forms", &json!({ "sub": "ann" })).await;
    (app, client)
}

#[tokio::test]
async fn every_form_answers_as_it_says() {
    let (_app, mut ann) = client().await;
    assert_eq!(ann.request::<String>("data", &()).await, "ann");
    assert_eq!(
        ann.request::<Receipt>("post", &json!({ "text": "hi" }))
            .await,
        Receipt { number: 1 }
    );
    let joined: Value = ann.expect("user-joined").await;
    assert_eq!(joined["client_id"], ann.id().to_string());
    let (id, five): (ClientId, u8) = ann.request("reply-result", &()).await;
    assert_eq!((id, five), (ann.id(), 5));
    for expected in 0..3 {
        assert_eq!(ann.request::<usize>("counts", &()).await, expected);
    }
    for (event, heard) in [
        ("early", "early"),
        ("tail-delivery", "x"),
        ("anywhere", "pong"),
        ("captures", "x"),
    ] {
        ann.send(event, &()).await;
        let _: Value = ann.expect(heard).await;
    }
    ann.send("tail-sent", &()).await;
    ann.send("map", &()).await;
    ann.expect_nothing().await;
    ann.send("no-such-event", &json!({ "a": 1 })).await;
    assert_eq!(
        ann.expect::<Value>("unknown").await,
        json!(["no-such-event", { "a": 1 }])
    );
}

#[tokio::test]
async fn an_error_is_told_and_its_cause_is_not() {
    let (_app, mut ann) = client().await;
    ann.send("post", &json!({ "text": "" })).await;
    let _: Value = ann.expect("user-joined").await;
    assert_eq!(
        ann.expect::<Value>("error").await,
        json!({ "message": "empty", "code": "rejected" })
    );
    for event in ["tail-result", "either"] {
        ann.send(event, &()).await;
        if event == "either" {
            let _: Value = ann.expect("x").await;
        }
        assert_eq!(
            ann.expect::<Value>("error").await,
            json!({ "message": "Internal error", "code": "internal" })
        );
    }
}

#[tokio::test]
async fn joins_tell_what_became_of_them() {
    let (app, mut ann) = client().await;
    ann.send("join", &json!({ "room": "" })).await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error["code"], "validation");
    for room in 1..128 {
        ann.send("join", &json!({ "room": format!("room {room}") }))
            .await;
    }
    ann.expect_nothing().await;
    ann.send("join", &json!({ "room": "one too many" })).await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error["code"], "too_many_rooms");
    assert_eq!(app.manager().get_client_rooms(ann.id()).len(), 128);
}

#[tokio::test]
async fn who_is_gone_is_told_to_be_gone() {
    let (app, mut ann) = client().await;
    let manager = app.manager().clone();
    assert!(manager.disconnect(ann.id(), 4000, "kicked"));
    assert!(
        !manager.disconnect(ann.id(), 4000, "kicked"),
        "once is enough"
    );
    assert_eq!(manager.send_to_client(ann.id(), "x", &1), Delivery::Gone);
    assert!(matches!(
        manager.join_room(ann.id(), "lobby"),
        Joined::Refused(_)
    ));
    assert_eq!(manager.leave_room(ann.id(), "lobby"), Left::NotIn);
    assert_eq!(manager.get_stats().connections, 0);
    let close = ann.expect_close().await;
    assert_eq!((close.code, close.reason.as_str()), (4000, "kicked"));
}

#[tokio::test]
async fn a_code_that_must_not_be_sent_closes_with_1000() {
    let (app, mut ann) = client().await;
    app.manager().disconnect(ann.id(), 1006, "x");
    assert_eq!(ann.expect_close().await.code, 1000);
}

#[tokio::test]
async fn a_panic_costs_its_own_message() {
    let fragile = ws("/ws")
        .connect(async |client| client.join("lobby"))
        .on("panic", async |_client, fails: bool| {
            assert!(!fails, "on purpose");
        })
        .on("panic-later", async |_client, fails: bool| {
            tokio::task::yield_now().await;
            assert!(!fails, "on purpose, later");
        })
        .on("hi", async |client, ()| {
            client.to("lobby").include_self().send("hi", &())
        });
    let app = testing::start(fragile).await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    for event in ["panic", "panic-later"] {
        ann.send(event, &true).await;
        assert_eq!(
            ann.expect::<Value>("error").await,
            json!({ "message": "Internal error", "code": "internal" })
        );
    }
    ann.send("hi", &()).await;
    ann.expect::<()>("hi").await;
    bob.expect::<()>("hi").await;
}

#[tokio::test]
async fn global_handlers_run_in_order_where_the_route_has_none() {
    let route = ws("/ws").on("own", async |client, ()| client.send("route", &()));
    let app = testing::start(route).await;
    let manager = app.manager();
    manager.on("own", async |client, ()| client.send("never", &()));
    manager.on("shared", async |client, ()| client.send("first", &()));
    manager.on("shared", async |client, number: Option<u8>| {
        client.send("second", &number);
        Reply("answer")
    });
    let mut ann = app.connect("/ws").await;
    ann.send("own", &()).await;
    ann.expect::<()>("route").await;
    assert_eq!(ann.request::<String>("shared", &()).await, "answer");
    ann.expect::<()>("first").await;
    ann.expect::<Option<u8>>("second").await;
    ann.expect_nothing().await;
}
