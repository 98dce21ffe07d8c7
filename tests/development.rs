//! What a route is told while an app is developed: a slow network, or that it is not there.

mod common;

use common::raw::{RawClient, upgrade_request};
use common::start;
use orcs::prelude::*;
use orcs::testing::{self, TestClient};
use orcs::{App, Config, Environment};
use std::time::Duration;
use tokio::time::Instant;

const DELAY: Duration = Duration::from_millis(200);

fn slow() -> Route {
    ws("/ws")
        .delay(DELAY)
        .on("say", async |client, text: String| {
            client.send("said", &text)
        })
        .binary(async |client, bytes: Bytes| client.send_binary(bytes))
}

async fn says(client: &mut TestClient, text: &str) {
    client.send("say", text).await;
}

#[tokio::test]
async fn each_message_waits_from_its_arrival_on() {
    let app = testing::start(slow()).await;
    let mut client = app.connect("/ws").await;
    let begun = Instant::now();
    says(&mut client, "one").await;
    app.advance(Duration::from_millis(150)).await;
    says(&mut client, "two").await;
    client.send_binary(b"three").await;
    client.send_text("no envelope").await;
    client.expect_nothing().await;
    app.advance(Duration::from_millis(60)).await;
    assert_eq!(client.expect::<String>("said").await, "one");
    client.expect_nothing().await;
    app.advance(Duration::from_millis(150)).await;
    assert_eq!(client.expect::<String>("said").await, "two");
    assert!(begun.elapsed() < 2 * DELAY, "not from the one before it on");
    assert_eq!(client.expect_binary().await, "three");
    let error: serde_json::Value = client.expect("error").await;
    assert_eq!(error["code"], "bad_frame");
    client.expect_nothing().await;
}

#[tokio::test]
async fn a_delay_is_no_handlers_time() {
    let app = testing::start_app(|config| {
        let hasty = slow().handler_timeout(DELAY / 4);
        App::new(config, hasty)
    })
    .await;
    let mut client = app.connect("/ws").await;
    says(&mut client, "late").await;
    app.advance(DELAY / 2).await;
    app.advance(DELAY / 2).await;
    assert_eq!(client.expect::<String>("said").await, "late");
    assert_eq!(app.manager().get_stats().handler_timeouts, 0);
}

#[tokio::test]
async fn who_goes_is_still_handled_and_then_leaves() {
    let route = slow()
        .connect(async |client| client.join("room"))
        .on("bye", async |client, ()| client.to("room").send("bye", &()))
        .disconnect(async |client, _close| client.to("room").send("gone", &()));
    let app = testing::start(route).await;
    let mut stays = app.connect("/ws").await;
    let mut goes = app.connect("/ws").await;
    goes.send("bye", &()).await;
    goes.close().await;
    stays.expect_nothing().await;
    app.advance(DELAY).await;
    stays.expect::<()>("bye").await;
    stays.expect::<()>("gone").await;
}

#[tokio::test]
async fn whom_the_server_closes_is_gone_at_once() {
    let route = slow()
        .connect(async |client| client.join("room"))
        .disconnect(async |client, _close| client.to("room").send("gone", &()));
    let app = testing::start(route).await;
    let mut stays = app.connect("/ws").await;
    let mut goes = app.connect("/ws").await;
    says(&mut goes, "never handled").await;
    let began = Instant::now();
    app.manager().disconnect(goes.id(), 4000, "kicked");
    stays.expect::<()>("gone").await;
    assert!(began.elapsed() < DELAY / 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_disabled_route_is_answered_as_if_it_did_not_exist() {
    let app = start(
        Routes::new()
            .add(ws("/a").disabled().on("", async |_client, ()| ()))
            .add(ws("/b/{x}").disabled().auth::<()>())
            .add(ws("/c/{x}").disabled())
            .add(ws("/c/:y").connect(async |client| client.send("other", &())))
            .add(ws("/c/d").disabled()),
    )
    .await;
    let status = async |path| {
        let mut client = RawClient::tcp(app.address).await;
        client.request(&upgrade_request(path, "")).await.status
    };
    assert_eq!(status("/a").await, 404);
    assert_eq!(status("/b/x").await, 404);
    app.connect("/c/d").await.expect("other").await;
}

#[tokio::test]
async fn production_starts_with_neither() {
    for (route, option) in [
        (slow(), "`.delay(..)`"),
        (ws("/ws").disabled(), "`.disabled()`"),
    ] {
        let mut config = Config::default();
        config.port = 0;
        config.environment = Environment::Production;
        let started = App::new(config, route).start().await;
        let why = started.expect_err(option).to_string();
        let expected = format!("/ws: {option} is for development, and APP_ENV is production");
        assert!(why.starts_with(&expected), "{why}");
    }
    let mut config = Config::default();
    config.port = 0;
    config.environment = Environment::Production;
    let none = ws("/ws").delay(Duration::ZERO);
    App::new(config, none).start().await.expect("it starts");
}

#[tokio::test]
async fn a_delay_of_more_than_a_minute_stops_the_start() {
    let mut config = Config::default();
    config.port = 0;
    let endless = ws("/ws").delay(Duration::MAX);
    let why = App::new(config, endless)
        .start()
        .await
        .expect_err("endless");
    assert!(why.to_string().contains("more than a minute"), "{why}");
}

#[tokio::test]
async fn a_disabled_route_stands_in_nobodys_place() {
    let old = ws("/ws")
        .disabled()
        .connect(async |client| client.join("old"));
    let new = ws("/ws").connect(async |client| client.join("new"));
    let other = ws("/other");
    let app = testing::start(Routes::new().add(old).add(other).add(new)).await;
    let (mut ann, mut bob) = (app.connect("/ws").await, app.connect("/other").await);
    let manager = app.manager();
    assert_eq!(manager.route("/ws").send("news", &1).queued, 1);
    assert_eq!(ann.expect::<u8>("news").await, 1);
    assert_eq!(manager.to("new").of_route("/ws").clients().len(), 1);
    assert_eq!(manager.route("/other").send("news", &2).queued, 1);
    assert_eq!(bob.expect::<u8>("news").await, 2);
    ann.expect_nothing().await;
}
