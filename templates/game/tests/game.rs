//! The app's routes, driven in this process: no port, no sleep.
#[path = "../src/matches.rs"]
mod matches;
#[path = "../routes/mod.rs"]
mod routes;
#[path = "../src/rules.rs"]
mod rules;
#[path = "../src/seats.rs"]
mod seats;

use matches::{Matches, TURN};
use orcs::App;
use orcs::testing::{TestApp, TestClient};
use routes::game::GRACE;
use serde_json::{Value, json};
use std::time::Duration;

async fn start() -> TestApp {
    orcs::testing::start_app(|config| App::new(config, routes::all()).state(Matches::default()))
        .await
}

/// Comes to the match `fox`, and gives how it stands.
async fn come(app: &TestApp, key: &str) -> (TestClient, Value) {
    let mut client = app.connect(&format!("/ws/matches/fox?key={key}")).await;
    let welcome: Value = client.expect("welcome").await;
    assert_eq!(welcome["clientId"], json!(client.id()));
    let view = client.expect("match").await;
    (client, view)
}

/// Ann has X, Bob has O, and both have read that a round begins.
async fn begin(app: &TestApp) -> (TestClient, TestClient) {
    let (mut ann, _) = come(app, "ann").await;
    let (bob, view) = come(app, "bob").await;
    assert_eq!(
        view["seats"],
        json!([{ "player": ann.id() }, { "player": bob.id() }])
    );
    assert_eq!(ann.expect::<Value>("match").await, view);
    (ann, bob)
}

/// Plays a cell, and gives what the other reads.
async fn play(by: &mut TestClient, other: &mut TestClient, cell: usize) -> Value {
    by.send("play", &json!({ "cell": cell })).await;
    let view: Value = by.expect("match").await;
    assert_eq!(other.expect::<Value>("match").await, view);
    view
}

/// What the server has against it; how the match stood meanwhile is skipped.
async fn refusal(client: &mut TestClient, event: &str, payload: Value) -> String {
    client.send(event, &payload).await;
    loop {
        let mut said: Value = client.expect_text().await.parse().unwrap();
        if said["event"] == "error" {
            let message = said["payload"]["message"].take();
            return message.as_str().unwrap().to_owned();
        }
    }
}

const EMPTY_BOARD: [Option<char>; 9] = [None; 9];

#[tokio::test]
async fn two_play_until_one_has_a_line_and_then_again() {
    let app = start().await;
    let (mut ann, mut bob) = begin(&app).await;
    for (x, o) in [(0, 3), (1, 4)] {
        play(&mut ann, &mut bob, x).await;
        play(&mut bob, &mut ann, o).await;
    }
    let view = play(&mut ann, &mut bob, 2).await;
    assert_eq!(
        view["outcome"],
        json!({ "winner": "X", "reason": "line", "line": [0, 1, 2] })
    );
    assert_eq!(view["score"], json!({ "X": 1, "O": 0, "draws": 0 }));
    assert_eq!(
        refusal(&mut bob, "play", json!({ "cell": 8 })).await,
        "the round is over"
    );

    bob.send("again", &()).await;
    let view: Value = ann.expect("match").await;
    assert_eq!(
        (&view["turn"], &view["outcome"]),
        (&json!("O"), &Value::Null)
    );
    assert_eq!(view["board"], json!(EMPTY_BOARD));
}

#[tokio::test]
async fn the_server_decides_who_may_play_what() {
    let app = start().await;
    let (mut ann, view) = come(&app, "ann").await;
    assert_eq!(view["seats"][1], Value::Null);
    assert_eq!(
        refusal(&mut ann, "play", json!({ "cell": 0 })).await,
        "wait for another player"
    );
    let (mut bob, _) = come(&app, "bob").await;
    let (mut eve, view) = come(&app, "eve").await;
    assert_eq!(view["watching"], 1);
    let cell = |cell: i32| json!({ "cell": cell });
    let nothing = || Value::Null;
    for (client, refusals) in [
        (&mut bob, vec![("play", cell(0), "it is not your turn")]),
        (
            &mut ann,
            vec![
                ("play", cell(9), "that is off the board"),
                ("again", nothing(), "play this round first"),
                ("sit", nothing(), "you have a seat"),
            ],
        ),
        (
            &mut eve,
            vec![
                ("play", cell(0), "you are watching"),
                ("again", nothing(), "you are watching"),
                ("sit", nothing(), "both seats are taken"),
            ],
        ),
    ] {
        for (event, payload, why) in refusals {
            assert_eq!(refusal(client, event, payload).await, why);
        }
    }
    ann.send("play", &json!({ "cell": 4 })).await;
    let view: Value = eve.expect("match").await;
    assert_eq!(view["board"][4], "X", "who watches sees it too");
    let why = refusal(&mut bob, "play", cell(-1)).await;
    assert!(why.contains("-1"), "{why}");
}

#[tokio::test]
async fn who_thinks_too_long_loses() {
    let app = start().await;
    let (mut ann, mut bob) = begin(&app).await;
    app.advance(TURN / 2).await;
    let view = play(&mut ann, &mut bob, 4).await;
    assert_eq!(view["leftMs"], 30_000, "each turn has its own time");
    app.advance(TURN - Duration::from_millis(100)).await;
    ann.expect_nothing().await;
    app.advance(Duration::from_millis(100)).await;
    let view: Value = ann.expect("match").await;
    assert_eq!(
        (&view["outcome"]["winner"], &view["outcome"]["reason"]),
        (&json!("X"), &json!("time"))
    );
    app.advance(TURN * 3).await;
    let _: Value = bob.expect("match").await;
    bob.expect_nothing().await;
}

#[tokio::test]
async fn who_is_cut_off_finds_his_seat_again() {
    let app = start().await;
    let (mut ann, mut bob) = begin(&app).await;
    play(&mut ann, &mut bob, 4).await;
    bob.cut().await;
    let view: Value = ann.expect("match").await;
    assert_eq!(
        (&view["seats"][1], &view["outcome"]),
        (&json!({ "player": null }), &Value::Null)
    );

    app.advance(GRACE / 2).await;
    let (_eve, view) = come(&app, "eve").await;
    assert_eq!(view["watching"], 1, "a seat that is kept is not free");
    let (bob, view) = come(&app, "bob").await;
    assert_eq!(view["seats"][1]["player"], json!(bob.id()));

    // Cut off again: the seat is kept for the whole time again.
    bob.cut().await;
    app.advance(GRACE * 3 / 4).await;
    let (mut bob, view) = come(&app, "bob").await;
    assert_eq!(view["outcome"], Value::Null);
    for _ in 0..4 {
        let _: Value = ann.expect("match").await;
    }
    play(&mut bob, &mut ann, 0).await;
}

#[tokio::test]
async fn who_comes_back_does_not_get_more_time() {
    let app = start().await;
    let (ann, mut bob) = begin(&app).await;
    app.advance(TURN - Duration::from_secs(5)).await;
    ann.cut().await;
    let (_ann, view) = come(&app, "ann").await;
    assert!(view["leftMs"].as_u64().unwrap() < 5_000, "{view}");
    app.advance(Duration::from_secs(5)).await;
    for _ in 0..2 {
        let _: Value = bob.expect("match").await;
    }
    assert_eq!(
        bob.expect::<Value>("match").await["outcome"]["reason"],
        "time"
    );
}

#[tokio::test]
async fn who_stays_away_loses_and_who_watches_may_sit_down() {
    let app = start().await;
    let (ann, mut bob) = begin(&app).await;
    let (mut eve, _) = come(&app, "eve").await;
    ann.cut().await;
    for _ in 0..2 {
        let _: Value = bob.expect("match").await;
    }
    app.advance(GRACE).await;
    let view: Value = bob.expect("match").await;
    assert_eq!(
        view["outcome"],
        json!({ "winner": "O", "reason": "left", "line": null })
    );
    assert_eq!(view["seats"][0], Value::Null);

    for _ in 0..2 {
        let _: Value = eve.expect("match").await;
    }
    eve.send("sit", &()).await;
    let view: Value = eve.expect("match").await;
    assert_eq!(view["seats"][0]["player"], json!(eve.id()));
    assert_eq!(view["outcome"], Value::Null, "a new round begins");
}

#[tokio::test]
async fn without_a_key_a_seat_is_free_at_once() {
    let app = start().await;
    let (mut ann, _) = come(&app, "ann").await;
    let (bob, _) = come(&app, "").await;
    let _: Value = ann.expect("match").await;
    bob.cut().await;
    let view: Value = ann.expect("match").await;
    assert_eq!(
        (&view["seats"][1], &view["outcome"]["winner"]),
        (&Value::Null, &json!("X"))
    );
}

#[tokio::test]
async fn a_match_hears_nothing_of_another_and_an_empty_one_is_forgotten() {
    let app = start().await;
    let (mut ann, mut bob) = begin(&app).await;
    let mut eve = app.connect("/ws/matches/owl").await;
    let _: Value = eve.expect("welcome").await;
    let view: Value = eve.expect("match").await;
    assert_eq!(view["seats"][0]["player"], json!(eve.id()));
    play(&mut ann, &mut bob, 0).await;
    eve.expect_nothing().await;

    ann.cut().await;
    bob.cut().await;
    app.advance(GRACE).await;
    let (_cleo, view) = come(&app, "cleo").await;
    assert_eq!(view["board"], json!(EMPTY_BOARD));
    assert_eq!(view["score"], json!({ "X": 0, "O": 0, "draws": 0 }));
}
