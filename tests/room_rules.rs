//! Who may be in which rooms, and who may talk to them.

use orcs::prelude::*;
use orcs::testing::{TestApp, start};
use orcs::{App, Config, JoinError, Joined};
use serde_json::{Value, json};

fn route() -> Route<Option<Value>> {
    ws("/ws")
        .auth_optional::<Value>()
        .on("join", async |client, room: String| client.join(&room))
        .on("leave", async |client, room: String| client.leave(&room))
        .on("join by manager", async |client, room: String| {
            client.manager().join_room(client.id(), &room)
        })
        .on("say", async |client, room: String| {
            Reply(client.to(&room).send("said", "hi").queued)
        })
        .on("say to both", async |client, ()| {
            Reply(client.to("open").to("table:1").send("said", "hi").queued)
        })
        .on("announce", async |client, room: String| {
            Reply(client.manager().to(&room).send("said", "hi").queued)
        })
        .disconnect(async |client, _close| {
            for room in client.rooms() {
                client.to(&room).send("left", &room);
            }
        })
}

async fn app() -> TestApp {
    let own = RoomRules::new().may_join(|client, room| room.strip_prefix("user:") == client.user());
    start(
        Routes::new()
            .add(route())
            .rooms("user:*", own)
            .rooms("table:*", RoomRules::new().capacity(2).members_only())
            .rooms("table:1", RoomRules::new().capacity(3))
            .rooms("nobody", RoomRules::new().capacity(0))
            .rooms("broken", RoomRules::new().may_join(|_, _| panic!("a bug"))),
    )
    .await
}

#[tokio::test]
async fn only_whom_a_rule_lets_in_may_join_by_whatever_call() {
    let app = app().await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    let mut somebody = app.connect("/ws").await;
    let _: Value = ann.request("join", "user:ann").await;
    let forbidden = json!({"message": "this room is not open to you", "code": "forbidden"});
    for client in [&mut ann, &mut somebody] {
        for event in ["join", "join by manager"] {
            client.send(event, "user:bob").await;
            assert_eq!(client.expect::<Value>("error").await, forbidden);
        }
    }
    assert_eq!(app.manager().get_room_clients("user:ann"), [ann.id()]);
    assert_eq!(app.manager().get_room_clients("user:bob"), []);
    let _: Value = ann.request("join by manager", "user:ann").await;
    let refused = app.manager().join_room(somebody.id(), "user:ann");
    assert_eq!(refused, Joined::Refused(JoinError::Forbidden));
}

#[tokio::test]
async fn a_rule_that_panics_lets_nobody_in() {
    let app = app().await;
    let mut ann = app.connect("/ws").await;
    ann.send("join", "broken").await;
    assert_eq!(ann.expect::<Value>("error").await["code"], "internal");
    assert_eq!(app.manager().get_stats().rooms, 0);
    let _: Value = ann.request("join", "open").await;
}

#[tokio::test]
async fn a_full_room_takes_nobody_until_somebody_leaves() {
    let app = app().await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    let mut carol = app.connect("/ws").await;
    let _: Value = ann.request("join", "table:1").await;
    let _: Value = bob.request("join", "table:1").await;
    let _: Value = bob.request("join", "table:1").await;
    carol.send("join", "table:1").await;
    let full = json!({"message": "the room is full: 2 members", "code": "room_full"});
    assert_eq!(
        carol.expect::<Value>("error").await,
        full,
        "the least of the rules"
    );
    let _: Value = carol.request("join", "table:2").await;
    let _: Value = bob.request("leave", "table:1").await;
    let _: Value = carol.request("join", "table:1").await;
    assert_eq!(
        app.manager().get_room_clients("table:1"),
        [ann.id(), carol.id()]
    );
}

#[tokio::test]
async fn a_room_for_nobody_leaves_no_room_behind() {
    let app = app().await;
    let mut ann = app.connect("/ws").await;
    ann.send("join", "nobody").await;
    assert_eq!(ann.expect::<Value>("error").await["code"], "room_full");
    assert_eq!(app.manager().get_stats().rooms, 0);
    let _: Value = ann.request("join", "open").await;
    assert_eq!(app.manager().get_client_rooms(ann.id()), ["open"]);
}

#[tokio::test]
async fn only_members_talk_to_a_room_for_members() {
    let app = app().await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    let _: Value = ann.request("join", "table:1").await;
    let _: Value = ann.request("join", "open").await;
    assert_eq!(bob.request::<usize>("say", "table:1").await, 0);
    assert_eq!(
        bob.request::<usize>("say to both", &()).await,
        1,
        "the open one"
    );
    assert_eq!(ann.expect::<String>("said").await, "hi");
    assert_eq!(
        bob.request::<usize>("announce", "table:1").await,
        1,
        "the manager may"
    );
    assert_eq!(ann.expect::<String>("said").await, "hi");
    let _: Value = bob.request("join", "table:1").await;
    assert_eq!(bob.request::<usize>("say", "table:1").await, 1);
    assert_eq!(ann.expect::<String>("said").await, "hi");
    bob.close().await;
    assert_eq!(
        ann.expect::<String>("left").await,
        "table:1",
        "it was a member"
    );
}

#[tokio::test]
async fn a_pattern_that_is_none_stops_the_start() {
    for pattern in ["", "a*b", "*a", "**"] {
        let mut config = Config::default();
        config.port = 0;
        let routes = Routes::new().rooms(pattern, RoomRules::new());
        let error = App::new(config, routes).start().await.expect_err(pattern);
        let expected = format!(
            "rooms `{pattern}`: give a room's name, or the beginning of several and a `*` (example: user:*)"
        );
        assert_eq!(error.to_string(), expected);
    }
}
