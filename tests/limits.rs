//! How often a client may speak, and how badly. On a clock that stands still.

mod common;

use common::kit::{app, error_code, is_answered, one, route, say, say_all, slow, stats, text};
use common::raw::{BINARY, CONTINUATION, FIN, PING, PONG, TEXT, masked};
use orcs::prelude::*;
use orcs::testing::TestClient;
use serde_json::Value;
use std::time::Duration;

fn few() -> Route {
    route().rate_limit(RateLimit::per_second(10).burst(5))
}

#[tokio::test]
async fn a_burst_is_handled_and_the_first_one_over_it_is_told_when_to_come_back() {
    let (app, mut ann) = one(few()).await;
    say_all(&mut ann, 0..8).await;
    is_answered(&mut ann, 0..5).await;
    assert_eq!(
        ann.expect_text().await,
        r#"{"event":"error","payload":{"message":"Too many messages","code":"rate_limited","retry_after":100},"id":5}"#
    );
    ann.expect_nothing().await;
    assert_eq!(stats(&app).rate_limited, 3);
}

#[tokio::test]
async fn the_next_one_fits_when_it_was_said_to() {
    let (_app, mut ann) = one(few()).await;
    say_all(&mut ann, 0..6).await;
    is_answered(&mut ann, 0..5).await;
    let error: Value = ann.expect("error").await;
    let retry_after = error["retry_after"].as_u64().expect("milliseconds");
    tokio::time::sleep(Duration::from_millis(retry_after)).await;
    say_all(&mut ann, [6]).await;
    is_answered(&mut ann, [6]).await;
}

#[tokio::test]
async fn a_refusal_is_told_again_only_once_the_bucket_was_full() {
    let (app, mut ann) = one(few()).await;
    say_all(&mut ann, 0..6).await;
    is_answered(&mut ann, 0..5).await;
    assert_eq!(error_code(&mut ann).await, "rate_limited");
    app.advance(Duration::from_millis(300)).await;
    say_all(&mut ann, 10..15).await;
    is_answered(&mut ann, 10..13).await;
    ann.expect_nothing().await;
    app.advance(Duration::from_millis(500)).await;
    say_all(&mut ann, 20..26).await;
    is_answered(&mut ann, 20..25).await;
    assert_eq!(error_code(&mut ann).await, "rate_limited");
}

#[tokio::test]
async fn a_burst_of_refusals_closes_with_4429() {
    let (app, mut ann) = one(few()).await;
    let mut bob = app.connect("/ws").await;
    say_all(&mut ann, 0..9).await;
    is_answered(&mut ann, 0..5).await;
    assert_eq!(error_code(&mut ann).await, "rate_limited");
    ann.expect_nothing().await;
    say_all(&mut ann, 9..100).await;
    let close = ann.expect_close().await;
    assert_eq!(
        (close.code, close.reason.as_str()),
        (4429, "too many messages")
    );
    assert_eq!(stats(&app).rate_limited, 5, "nothing is read behind it");
    say_all(&mut bob, 0..5).await;
    is_answered(&mut bob, 0..5).await;
}

#[tokio::test]
async fn by_default_a_hundred_a_second_and_two_hundred_at_once_are_fine() {
    let (app, mut ann) = one(route()).await;
    say_all(&mut ann, 0..200).await;
    is_answered(&mut ann, 0..200).await;
    for number in 0..1000 {
        tokio::time::sleep(Duration::from_millis(9)).await;
        say_all(&mut ann, [number]).await;
        is_answered(&mut ann, [number]).await;
    }
    assert_eq!(stats(&app).rate_limited, 0);
}

#[tokio::test]
async fn no_rate_is_no_limit_for_a_route_or_for_all() {
    let off = RateLimit::off();
    for app in [
        app(route().rate_limit(off), |_| {}).await,
        app(route(), |config| config.rate_limit = off).await,
    ] {
        let mut ann = app.connect("/ws").await;
        say_all(&mut ann, 0..5000).await;
        is_answered(&mut ann, 0..5000).await;
    }
}

#[tokio::test]
async fn messages_of_bytes_count_and_fragments_and_pings_do_not() {
    let (app, mut ann) = one(few()).await;
    let mut bytes = masked(FIN | BINARY, b"one").repeat(3);
    bytes.extend(masked(FIN | PING, b"").repeat(20));
    bytes.extend(masked(TEXT, b""));
    bytes.extend(masked(CONTINUATION, b" ").repeat(1000));
    let event = br#"{"event":"say","payload":4,"id":1}"#;
    bytes.extend(masked(FIN | CONTINUATION, event));
    bytes.extend(masked(FIN | BINARY, b"five").repeat(2));
    ann.send_raw(&bytes).await;
    for _ in 0..3 {
        assert_eq!(ann.expect::<usize>("bytes").await, 3);
    }
    is_answered(&mut ann, [4]).await;
    assert_eq!(ann.expect::<usize>("bytes").await, 4);
    assert_eq!(
        ann.expect_text().await,
        r#"{"event":"error","payload":{"message":"Too many messages","code":"rate_limited","retry_after":100}}"#
    );
    assert_eq!(stats(&app).rate_limited, 1);
}

#[tokio::test]
async fn a_raw_text_is_told_without_an_envelope() {
    let raw = ws("/ws")
        .codec(codec::Raw)
        .on("message", async |_client, text: String| Reply(text))
        .rate_limit(RateLimit::per_second(3).burst(1));
    let (_app, mut ann) = one(raw).await;
    let has_id = r#"{"event":"say","id":1}"#;
    ann.send_raw(&text(has_id).repeat(2)).await;
    assert_eq!(ann.expect_text().await, has_id);
    assert_eq!(
        ann.expect_text().await,
        r#"{"message":"Too many messages","code":"rate_limited","retry_after":334}"#
    );
}

#[tokio::test]
async fn what_waited_to_be_read_is_not_too_much_at_once() {
    let app = app(few(), |config| config.event_queue_limit_bytes = 100).await;
    let mut ann = app.connect("/ws").await;
    ann.send_raw(&slow().repeat(3)).await;
    // The queue is full for ten seconds, in which five a second are sent and not read.
    for number in 0..45 {
        ann.send_raw(&say(number)).await;
        app.advance(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
    is_answered(&mut ann, 0..45).await;
    assert_eq!(stats(&app).rate_limited, 0);
    // A thousand in that time are too much.
    ann.send_raw(&slow().repeat(3)).await;
    say_all(&mut ann, 0..1000).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(ann.expect_close().await.code, 4429);
}

#[tokio::test]
async fn too_many_pings_or_pongs_close_with_1008() {
    for opcode in [PING, PONG] {
        let (app, mut ann) = one(route()).await;
        ann.send_raw(&masked(FIN | opcode, b"x").repeat(200)).await;
        say_all(&mut ann, [1]).await;
        is_answered(&mut ann, [1]).await;
        ann.send_raw(&masked(FIN | opcode, b"x").repeat(10)).await;
        let close = ann.expect_close().await;
        assert_eq!(
            (close.code, close.reason.as_str()),
            (1008, "too many pings")
        );
        assert_eq!(stats(&app).too_many_pings, 1);
        assert_eq!(stats(&app).rate_limited, 0);
    }
}

#[tokio::test]
async fn a_hundred_pings_a_second_are_fine() {
    let (app, mut ann) = one(route()).await;
    for _ in 0..1000 {
        ann.send_raw(&masked(FIN | PING, b"x")).await;
        tokio::time::sleep(Duration::from_millis(9)).await;
    }
    assert_eq!(stats(&app).connections, 1);
}

#[tokio::test]
async fn no_rate_is_no_limit_for_pings() {
    let route = route().control_rate_limit(RateLimit::off());
    let (app, mut ann) = one(route).await;
    ann.send_raw(&masked(FIN | PING, b"x").repeat(10_000)).await;
    assert_eq!(stats(&app).connections, 1);
}

async fn send_bad(client: &mut TestClient, frames: usize) {
    client.send_raw(&text("no envelope").repeat(frames)).await;
    for _ in 0..frames {
        assert_eq!(error_code(client).await, "bad_frame");
    }
}

#[tokio::test]
async fn the_twentieth_bad_frame_in_a_row_is_told_and_closes_with_1008() {
    let (app, mut ann) = one(route()).await;
    send_bad(&mut ann, 19).await;
    assert_eq!(stats(&app).connections, 1);
    send_bad(&mut ann, 1).await;
    let close = ann.expect_close().await;
    assert_eq!(
        (close.code, close.reason.as_str()),
        (1008, "too many bad frames in a row")
    );
    assert_eq!(stats(&app).too_many_bad_frames, 1);
}

#[tokio::test]
async fn a_good_frame_between_bad_ones_makes_good() {
    let (app, mut ann) = one(route()).await;
    // Good is any envelope, also one that nobody handles.
    for good in [say(7), text(r#"{"event":"nobody's","id":7}"#)] {
        send_bad(&mut ann, 19).await;
        ann.send_raw(&good).await;
        ann.expect_text().await;
    }
    send_bad(&mut ann, 19).await;
    assert_eq!(stats(&app).connections, 1);
    send_bad(&mut ann, 1).await;
    assert_eq!(ann.expect_close().await.code, 1008);
}

#[tokio::test]
async fn bad_frames_that_wait_behind_a_handler_count_too() {
    let (_app, mut ann) = one(route().max_bad_frames(3)).await;
    ann.send_raw(&[slow(), text("bad").repeat(5)].concat())
        .await;
    ann.expect_nothing().await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(error_code(&mut ann).await, "bad_frame");
    }
    assert_eq!(ann.expect_close().await.code, 1008);
}

#[tokio::test]
async fn zero_allows_any_number_of_bad_frames() {
    let (_app, mut ann) = one(route().max_bad_frames(0)).await;
    send_bad(&mut ann, 150).await;
    say_all(&mut ann, [1]).await;
    is_answered(&mut ann, [1]).await;
}

#[tokio::test]
async fn a_users_connections_share_a_bucket_on_each_route() {
    let route = |path: &str| {
        ws(path)
            .auth::<Value>()
            .rate_limit(RateLimit::per_second(10).burst(5))
            .on("say", async |_client, number: u32| Reply(number))
    };
    let app = orcs::testing::start(Routes::new().add(route("/a")).add(route("/b"))).await;
    let ann = serde_json::json!({"sub": "ann"});
    let (mut home, mut work) = (
        app.connect_as("/a", &ann).await,
        app.connect_as("/a", &ann).await,
    );
    let mut elsewhere = app.connect_as("/b", &ann).await;
    let mut bob = app
        .connect_as("/a", &serde_json::json!({"sub": "bob"}))
        .await;
    say_all(&mut home, 0..3).await;
    is_answered(&mut home, 0..3).await;
    say_all(&mut work, 0..3).await;
    is_answered(&mut work, 0..2).await;
    assert_eq!(error_code(&mut work).await, "rate_limited");
    say_all(&mut elsewhere, 0..5).await;
    is_answered(&mut elsewhere, 0..5).await;
    say_all(&mut bob, 0..5).await;
    is_answered(&mut bob, 0..5).await;
    home.cut().await;
    app.advance(Duration::from_millis(100)).await;
    say_all(&mut work, [7, 8]).await;
    is_answered(&mut work, [7]).await;
    work.expect_nothing().await;
}

#[tokio::test]
async fn a_flood_is_closed_with_the_code_of_the_routes_profile() {
    for (profile, code) in [(Profile::Candy, 1008), (Profile::OpenSpeed, 1013)] {
        let few = few().profile(profile).codec(codec::Envelope).csrf(false);
        let (_app, mut ann) = one(few).await;
        say_all(&mut ann, 0..11).await;
        is_answered(&mut ann, 0..5).await;
        assert_eq!(error_code(&mut ann).await, "rate_limited");
        assert_eq!(ann.expect_close().await.code, code);
    }
}

#[tokio::test]
async fn a_route_may_have_its_own_word_on_time_and_rooms() {
    let second = Duration::from_secs(1);
    let routes = Routes::new()
        .add(
            ws("/own")
                .handler_timeout(second)
                .max_rooms(2)
                .on("join", async |client, room: String| client.join(&room))
                .on("hang", async |_client, ()| {
                    std::future::pending::<()>().await;
                }),
        )
        .add(ws("/slow").auth_timeout(second).admit(async |_request| {
            tokio::time::sleep(5 * Duration::from_secs(1)).await;
            Ok(())
        }));
    let app = orcs::testing::start(routes).await;
    let mut ann = app.connect("/own").await;
    for room in ["a", "b", "b"] {
        let _: Value = ann.request("join", room).await;
    }
    ann.send("join", "c").await;
    let error: Value = ann.expect("error").await;
    assert_eq!(
        error["message"],
        "no more than 2 rooms at a time; leave one first"
    );
    ann.send("hang", &()).await;
    app.advance(2 * second).await;
    assert_eq!(error_code(&mut ann).await, "timeout");
    let mut late = app.connect("/slow").await;
    assert_eq!(late.expect_close().await.code, 4408);
    let stats = stats(&app);
    assert_eq!((stats.joins_refused, stats.handler_timeouts), (1, 1));
    assert_eq!(stats.admission_timeouts, 1);
}

#[tokio::test]
async fn a_route_whose_clients_could_be_nowhere_stops_the_start() {
    let route = ws("/ws").max_rooms(0);
    let error = orcs::App::new(orcs::Config::default(), route).start().await;
    let text = error.expect_err("it must not start").to_string();
    assert!(text.starts_with("/ws: `.max_rooms(0)`"), "{text}");
}

#[tokio::test]
async fn one_room_too_many_is_not_made_until_another_is_gone() {
    let route = ws("/ws")
        .on("join", async |client, room: String| client.join(&room))
        .on("leave", async |client, room: String| client.leave(&room));
    let app = app(route, |config| config.max_rooms = 2).await;
    let (mut ann, mut bob) = (app.connect("/ws").await, app.connect("/ws").await);
    for room in ["a", "b"] {
        let _: Value = ann.request("join", room).await;
        let _: Value = bob.request("join", room).await;
    }
    ann.send("join", "c").await;
    assert_eq!(error_code(&mut ann).await, "unavailable");
    assert_eq!((stats(&app).rooms, stats(&app).joins_refused), (2, 1));
    for client in [&mut ann, &mut bob] {
        let _: Value = client.request("leave", "a").await;
    }
    let _: Value = ann.request("join", "c").await;
    assert_eq!(app.manager().get_client_rooms(ann.id()), ["b", "c"]);
}
