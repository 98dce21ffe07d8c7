//! Rooms that a route's clients are in from the beginning.

mod common;

use common::start;
use orcs::prelude::*;
use orcs::testing;
use orcs::{App, Config};
use serde_json::{Value, json};

fn lobby() -> Route {
    ws("/ws")
        .default_room("lobby")
        .default_room("news")
        .connect(async |client| {
            client.send("rooms", &(client.rooms(), client.room()));
            client.to("lobby").send("arrived", &client.id());
        })
        .on("rooms", async |client, ()| Reply(client.rooms()))
}

#[tokio::test]
async fn a_client_is_in_the_default_rooms_before_its_connect() {
    let app = testing::start(lobby()).await;
    let mut ann = app.connect("/ws").await;
    let rooms: (Vec<String>, Option<String>) = ann.expect("rooms").await;
    assert_eq!(
        rooms,
        (vec!["lobby".into(), "news".into()], Some("news".into()))
    );
    let bob = app.connect("/ws").await;
    assert_eq!(ann.expect::<ClientId>("arrived").await, bob.id());
    assert_eq!(
        app.manager().get_room_clients("lobby"),
        [ann.id(), bob.id()]
    );
    bob.cut().await;
    ann.close().await;
    assert_eq!(app.manager().rooms(), [""; 0]);
}

#[tokio::test]
async fn a_route_without_connect_has_default_rooms_too() {
    let app = testing::start(ws("/ws").default_room("lobby")).await;
    let mut ann = app.connect("/ws").await;
    assert_eq!(app.manager().to("lobby").send("hi", &()).queued, 1);
    ann.expect::<()>("hi").await;
}

#[tokio::test]
async fn who_may_not_be_in_a_default_room_is_told_so_and_stays() {
    let rooms = Routes::new()
        .add(lobby())
        .rooms("lobby", RoomRules::new().capacity(1))
        .rooms(
            "news",
            RoomRules::new().may_join(|client, _| client.user().is_some()),
        );
    let app = testing::start(rooms).await;
    let mut ann = app.connect("/ws").await;
    let error = ann.expect::<Value>("error").await;
    let forbidden = json!({"message": "this room is not open to you", "code": "forbidden"});
    assert_eq!(error, forbidden);
    let rooms: Value = ann.expect("rooms").await;
    assert_eq!(rooms, json!([["lobby"], "lobby"]));
    let mut bob = app.connect("/ws").await;
    assert_eq!(bob.expect::<Value>("error").await["code"], "room_full");
    assert_eq!(bob.expect::<Value>("error").await["code"], "forbidden");
    let rooms: Value = bob.expect("rooms").await;
    assert_eq!(rooms, json!([[], null]));
    assert_eq!(app.manager().get_stats().joins_refused, 3);
    assert!(bob.request::<Vec<String>>("rooms", &()).await.is_empty());
}

#[tokio::test]
async fn a_rule_of_a_default_room_that_panics_closes_as_connect_would() {
    let broken = RoomRules::new().may_join(|_, _| panic!("a bug"));
    let app = testing::start(Routes::new().add(lobby()).rooms("news", broken)).await;
    let mut ann = app.connect("/ws").await;
    assert_eq!(ann.expect_close().await.code, 1011);
    assert_eq!(app.manager().rooms(), [""; 0]);
}

#[tokio::test]
async fn a_default_room_over_the_network() {
    let app = start(lobby()).await;
    let mut ann = app.connect("/ws").await;
    assert_eq!(
        ann.expect("rooms").await,
        json!([["lobby", "news"], "news"])
    );
    assert_eq!(app.manager.to("news").send("hi", &1).queued, 1);
    assert_eq!(ann.expect("hi").await, 1);
    ann.close().await;
    app.empties().await;
}

#[tokio::test]
async fn default_rooms_that_nobody_could_be_in_stop_the_start() {
    let name = "1 to 128 bytes and no control characters (example: `.default_room(\"lobby\")`)";
    let long = "x".repeat(129);
    for (route, expected) in [
        (
            ws("/ws").default_room(""),
            format!("/ws: `` is no room's name: {name}"),
        ),
        (
            ws("/ws").default_room("a\nb"),
            format!("/ws: `a\\nb` is no room's name: {name}"),
        ),
        (
            ws("/ws").default_room(&long),
            format!("/ws: `{long}` is no room's name: {name}"),
        ),
        (
            lobby().max_rooms(1),
            "/ws: its clients begin in 2 rooms, and `.max_rooms(..)` allows 1; raise it".to_owned(),
        ),
        (
            lobby().default_room("third"),
            "/ws: its clients begin in 3 rooms, and WS_MAX_ROOMS_PER_CLIENT allows 2; \
             raise it, or the route's `.max_rooms(..)`"
                .to_owned(),
        ),
    ] {
        let mut config = Config::default();
        config.port = 0;
        config.max_rooms_per_client = 2;
        let error = App::new(config, route).start().await.expect_err(&expected);
        assert_eq!(error.to_string(), expected);
    }
}
