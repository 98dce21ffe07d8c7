//! The app's routes, driven in this process: no port, no sleep.
#[path = "../routes/mod.rs"]
mod routes;

use serde_json::{Value, json};

#[tokio::test]
async fn a_newcomer_is_welcomed_and_announced() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app.connect("/ws/chat").await;
    let welcome: Value = ann.expect("welcome").await;
    assert_eq!(welcome["clientId"], ann.id().to_string());

    let bob = app.connect("/ws/chat").await;
    let joined: Value = ann.expect("user-joined").await;
    assert_eq!(joined["clientId"], bob.id().to_string());
    assert_eq!(
        app.manager().get_room_clients("general"),
        [ann.id(), bob.id()]
    );
}

#[tokio::test]
async fn a_message_reaches_the_room_but_not_its_sender() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app.connect("/ws/chat").await;
    let mut bob = app.connect("/ws/chat").await;
    let _: Value = ann.expect("welcome").await;
    let _: Value = ann.expect("user-joined").await;
    let _: Value = bob.expect("welcome").await;

    ann.send("message", &json!({ "text": "hi" })).await;
    let message: Value = bob.expect("message").await;
    assert_eq!(
        (&message["text"], &message["room"]),
        (&json!("hi"), &json!("general"))
    );
    assert_eq!(message["from"], ann.id().to_string());
    ann.expect_nothing().await;

    ann.send("message", &json!({ "text": " " })).await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error["message"], "a message needs a text");
}

#[tokio::test]
async fn who_leaves_a_room_is_missed_there_and_stays_in_the_others() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app.connect("/ws/chat").await;
    let mut bob = app.connect("/ws/chat").await;
    for client in [&mut ann, &mut bob] {
        let _: Value = client.request("join", &json!({ "room": "rust" })).await;
    }
    let _: Value = bob.request("leave", &json!({ "room": "rust" })).await;
    let _: Value = ann.expect("welcome").await;
    for _ in 0..3 {
        let _: Value = ann.expect("user-joined").await;
    }
    let left: Value = ann.expect("user-left").await;
    assert_eq!(left, json!({ "room": "rust", "clientId": bob.id() }));
    assert_eq!(app.manager().get_room_clients("rust"), [ann.id()]);
    assert_eq!(app.manager().get_client_rooms(bob.id()), ["general"]);
}

#[tokio::test]
async fn who_leaves_is_missed_in_every_room() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app.connect("/ws/chat").await;
    let mut bob = app.connect("/ws/chat").await;
    for client in [&mut ann, &mut bob] {
        client.send("join", &json!({ "room": "rust" })).await;
    }
    let _: Value = ann.expect("welcome").await;
    for _ in 0..3 {
        let _: Value = ann.expect("user-joined").await;
    }

    bob.close().await;
    for room in ["general", "rust"] {
        let left: Value = ann.expect("user-left").await;
        assert_eq!(
            (&left["room"], &left["clientId"]),
            (&json!(room), &json!(bob.id()))
        );
    }
    assert_eq!(app.manager().get_room_clients("rust"), [ann.id()]);
}

#[tokio::test]
async fn the_private_route_needs_a_token() {
    let app = orcs::testing::start(routes::all()).await;
    let close = app.connect("/ws/private").await.expect_close().await;
    assert_eq!((close.code, close.reason.as_str()), (4401, "Unauthorized"));

    let mut ann = app
        .connect_as("/ws/private", &json!({ "sub": "ann" }))
        .await;
    assert_eq!(ann.request::<String>("whoami", &()).await, "ann");
}

#[tokio::test]
async fn nobody_listens_to_the_notifications_of_another() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app
        .connect_as("/ws/notifications", &json!({ "sub": "ann" }))
        .await;
    let unread: Value = ann.expect("unread-count").await;
    assert_eq!(unread["count"], 5);

    let mut eve = app.connect("/ws/chat").await;
    let _: Value = eve.expect("welcome").await;
    let room = json!({ "room": "user:ann", "text": "forged" });
    for event in ["join", "message"] {
        eve.send(event, &room).await;
        let _: Value = eve.expect("error").await;
    }
    eve.send("typing", &room).await;
    ann.expect_nothing().await;

    routes::notifications::notify_user(app.manager(), "ann", &"news");
    assert_eq!(ann.expect::<String>("notification").await, "news");
    eve.expect_nothing().await;
}
