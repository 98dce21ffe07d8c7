//! Who is there, who uses the app, and that neither is asked of a process that was paused.

mod common;

use common::kit::{HOUR, SECOND, app, error_code, one, stats};
use common::raw::{CONTINUATION, FIN, Frame, PING, PONG, RawClient, TEXT, masked};
use common::{App, Gate, config, start_with, within};
use orcs::prelude::*;
use orcs::testing::{TestApp, TestClient};
use orcs::{Config, Initiator};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

const UNHEARD: &str = "heartbeat: nothing came between the pings";
const INACTIVE: &str = "inactive for too long: no message came";
const SILENT: &str = "silent for too long: no pong came";

/// Answers `say`, and takes as many seconds as `work` says.
fn route() -> Route {
    ws("/ws")
        .idle_timeout(Duration::ZERO)
        .on("say", async |_client, number: u32| Reply(number))
        .on("work", async |_client, seconds: u64| {
            sleep(Duration::from_secs(seconds)).await;
        })
}

/// Somebody whose kernel is there, and who answers no ping.
async fn silent(route: Route) -> (TestApp, TestClient) {
    let (app, client) = one(route).await;
    client.go_silent();
    (app, client)
}

async fn is_closed(client: &mut TestClient, reason: &str) {
    let close = client.expect_close().await;
    assert_eq!((close.code, close.reason.as_str()), (4408, reason));
}

async fn stays(app: &TestApp, time: Duration) {
    app.advance(time).await;
    assert_eq!(stats(app).connections, 1);
}

#[tokio::test]
async fn who_answers_no_heartbeat_is_closed_when_the_next_is_due() {
    let (ends, mut ended) = mpsc::unbounded_channel();
    let route = route()
        .heartbeat(10 * SECOND)
        .disconnect(async move |_client, close| {
            ends.send((close.code, close.by)).expect("the test listens");
        });
    let (app, mut ann) = silent(route).await;
    stays(&app, 39 * SECOND).await;
    app.advance(SECOND).await;
    is_closed(&mut ann, UNHEARD).await;
    assert_eq!(ended.recv().await, Some((4408, Initiator::Server)));
}

#[tokio::test]
async fn who_is_silent_in_every_way_at_once_is_counted_once() {
    let route = route()
        .idle_timeout(20 * SECOND)
        .heartbeat(10 * SECOND)
        .heartbeat_misses(1)
        .inactivity_timeout(20 * SECOND);
    let (app, mut ann) = silent(route).await;
    stays(&app, 19 * SECOND).await;
    app.advance(SECOND).await;
    is_closed(&mut ann, SILENT).await;
    assert_eq!(stats(&app).silent, 1);
}

#[tokio::test]
async fn who_is_closed_for_a_slow_message_is_not_counted_as_silent_too() {
    let route = route()
        .message_timeout(20 * SECOND)
        .idle_timeout(20 * SECOND);
    let (app, mut ann) = silent(route).await;
    ann.send_raw(&masked(TEXT, br#"{"event":"say","#)).await;
    app.advance(20 * SECOND).await;
    assert_eq!(ann.expect_close().await.code, 1008);
    let stats = stats(&app);
    assert_eq!((stats.message_timeouts, stats.silent), (1, 0));
}

#[tokio::test]
async fn a_route_says_how_many_heartbeats_may_be_missed() {
    let (app, mut ann) = silent(route().heartbeat(10 * SECOND).heartbeat_misses(1)).await;
    stays(&app, 19 * SECOND).await;
    app.advance(SECOND).await;
    is_closed(&mut ann, UNHEARD).await;
}

#[tokio::test]
async fn who_answers_heartbeats_stays_and_hears_nothing_else() {
    let (app, mut ann) = one(route().heartbeat(10 * SECOND)).await;
    stays(&app, HOUR).await;
    ann.expect_nothing().await;
}

#[tokio::test]
async fn any_byte_that_comes_in_is_an_answer() {
    let (app, mut ann) = silent(route().heartbeat(10 * SECOND)).await;
    ann.send_raw(&masked(TEXT, br#"{"event":"say","#)).await;
    for _ in 0..20 {
        stays(&app, 25 * SECOND).await;
        // Not even a whole frame: half of an empty continuation, then the other half.
        let frame = masked(CONTINUATION, b" ");
        ann.send_raw(&frame[..3]).await;
        ann.send_raw(&frame[3..]).await;
        // Else the message itself takes too long.
        ann.send_raw(&masked(FIN, br#""payload":1}"#)).await;
        ann.send_raw(&masked(TEXT, br#"{"event":"say","#)).await;
    }
}

#[tokio::test]
async fn a_ping_comes_at_each_interval_whatever_the_client_sends() {
    let interval = Duration::from_millis(150);
    let app = start_with(route().heartbeat(interval), |_| {}).await;
    let mut client = RawClient::connect(&app, "/ws").await;
    let mut pings = 0;
    while pings < 4 {
        client
            .send_text(r#"{"event":"say","payload":1,"id":1}"#)
            .await;
        match client.frame().await {
            ping if ping == Frame::new(PING, b"") => pings += 1,
            answer => assert_eq!(answer.first, FIN | TEXT),
        }
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nobody_is_asked_unless_somebody_wants_it() {
    let (app, ann) = silent(route()).await;
    stays(&app, HOUR).await;
    drop((app, ann));
    let settings = |config: &mut Config| {
        config.heartbeat_interval = Some(SECOND);
        config.inactivity_timeout = Some(SECOND);
    };
    let off = route()
        .heartbeat(Duration::ZERO)
        .inactivity_timeout(Duration::ZERO);
    let app = common::kit::app(off, settings).await;
    let ann = app.connect("/ws").await;
    ann.go_silent();
    stays(&app, HOUR).await;
}

#[tokio::test]
async fn the_settings_count_where_the_route_says_nothing() {
    let heartbeat = |config: &mut Config| {
        config.heartbeat_interval = Some(SECOND);
        config.heartbeat_misses = 2;
    };
    let inactivity = |config: &mut Config| config.inactivity_timeout = Some(3 * SECOND);
    for (app, reason) in [
        (app(route(), heartbeat).await, UNHEARD),
        (app(route(), inactivity).await, INACTIVE),
    ] {
        let mut ann = app.connect("/ws").await;
        ann.go_silent();
        stays(&app, 2 * SECOND).await;
        app.advance(SECOND).await;
        is_closed(&mut ann, reason).await;
    }
}

#[tokio::test]
async fn the_settings_say_the_close_code_of_who_is_silent() {
    for (route, code, reason) in [
        (route().idle_timeout(10 * SECOND), 1000, SILENT),
        (
            route().heartbeat(5 * SECOND).heartbeat_misses(1),
            4999,
            UNHEARD,
        ),
        (route().inactivity_timeout(10 * SECOND), 4000, INACTIVE),
    ] {
        let app = app(route, |config| config.close_silent = code).await;
        let mut ann = app.connect("/ws").await;
        ann.go_silent();
        app.advance(10 * SECOND).await;
        let close = ann.expect_close().await;
        assert_eq!((close.code, close.reason.as_str()), (code, reason));
    }
}

#[tokio::test]
async fn who_is_not_admitted_in_time_is_told_4408_all_the_same() {
    let never = route().admit(async |_request| std::future::pending::<orcs::Result<()>>().await);
    let app = app(never, |config| config.close_silent = 1000).await;
    let mut ann = app.connect("/ws").await;
    app.advance(10 * SECOND).await;
    assert_eq!(ann.expect_close().await.code, 4408);
}

#[tokio::test]
async fn a_route_has_an_idle_timeout_of_its_own() {
    let app = app(ws("/ws").idle_timeout(10 * SECOND), |_| {}).await;
    let mut ann = app.connect("/ws").await;
    ann.go_silent();
    stays(&app, 9 * SECOND).await;
    app.advance(SECOND).await;
    is_closed(&mut ann, SILENT).await;
}

#[tokio::test]
async fn who_only_pongs_is_there_but_inactive() {
    let route = route().heartbeat(SECOND).inactivity_timeout(60 * SECOND);
    let (app, mut ann) = one(route).await;
    stays(&app, 59 * SECOND).await;
    app.advance(SECOND).await;
    is_closed(&mut ann, INACTIVE).await;
}

#[tokio::test]
async fn pings_are_no_activity_and_messages_are() {
    let (app, mut ann) = one(route().inactivity_timeout(60 * SECOND)).await;
    for number in 0..5 {
        stays(&app, 50 * SECOND).await;
        assert_eq!(ann.request::<u32>("say", &number).await, number);
    }
    // A bad one is one too: somebody uses the app, if badly.
    stays(&app, 50 * SECOND).await;
    ann.send_text("no envelope").await;
    assert_eq!(error_code(&mut ann).await, "bad_frame");
    for _ in 0..5 {
        stays(&app, 10 * SECOND).await;
        ann.send_raw(&masked(FIN | PING, b"")).await;
        ann.send_raw(&masked(FIN | PONG, b"")).await;
    }
    app.advance(10 * SECOND).await;
    is_closed(&mut ann, INACTIVE).await;
}

#[tokio::test]
async fn who_waits_for_an_answer_is_not_inactive() {
    let (app, mut ann) = one(route().inactivity_timeout(10 * SECOND)).await;
    ann.send("work", &29).await;
    ann.send("work", &29).await;
    stays(&app, 58 * SECOND).await;
    app.advance(20 * SECOND).await;
    is_closed(&mut ann, INACTIVE).await;
}

#[tokio::test]
async fn whose_message_is_on_its_way_is_not_inactive() {
    let (app, mut ann) = one(route().inactivity_timeout(10 * SECOND)).await;
    ann.send_raw(&masked(TEXT, br#"{"event":"say","#)).await;
    stays(&app, 25 * SECOND).await;
    ann.send_raw(&masked(FIN, br#""payload":1,"id":1}"#)).await;
    assert_eq!(ann.expect::<u32>("orcs:ack").await, 1);
    stays(&app, 9 * SECOND).await;
    app.advance(SECOND).await;
    is_closed(&mut ann, INACTIVE).await;
}

#[tokio::test]
async fn a_download_that_goes_on_is_neither_silent_nor_inactive() {
    let interval = Duration::from_millis(200);
    let route = route()
        .heartbeat(interval)
        .heartbeat_misses(1)
        .inactivity_timeout(2 * interval)
        // As bytes: writing so much JSON takes most of the time that a client has to be active in.
        .connect(async |client| client.send_binary(vec![b'x'; 3 << 20]));
    let app = App::start_with_small_buffers(orcs::App::new(config(|_| {}), route)).await;
    let mut client = RawClient::connect_with_small_buffers(&app, "/ws").await;
    let large = client.frame_slowly(3 * interval).await;
    assert_eq!(large.payload.len(), 3 << 20);
    client
        .send_text(r#"{"event":"say","payload":1,"id":1}"#)
        .await;
    let answer = loop {
        match client.frame().await {
            ping if ping == Frame::new(PING, b"") => client.send(masked(FIN | PONG, b"")).await,
            answer => break answer,
        }
    };
    assert_eq!(answer.first, FIN | TEXT, "{answer:?}");
}

#[tokio::test]
async fn after_a_pause_of_the_process_who_is_there_stays() {
    let route = route()
        .idle_timeout(20 * SECOND)
        .heartbeat(7 * SECOND)
        .inactivity_timeout(60 * SECOND);
    let (app, mut ann) = one(route).await;
    for _ in 0..3 {
        app.advance(5 * SECOND).await;
        app.pause(HOUR).await;
        stays(&app, 30 * SECOND).await;
    }
    assert_eq!(ann.request::<u32>("say", &7).await, 7);
}

#[tokio::test]
async fn after_a_pause_of_the_process_who_is_gone_is_asked_once_more() {
    // As near to the end as they can be: asked, and with no second left.
    for (route, reason, before, after) in [
        (route().idle_timeout(20 * SECOND), SILENT, 19, 10),
        (
            route().heartbeat(5 * SECOND).heartbeat_misses(1),
            UNHEARD,
            9,
            5,
        ),
        (route().inactivity_timeout(10 * SECOND), INACTIVE, 9, 10),
    ] {
        let (app, mut ann) = silent(route).await;
        app.advance(before * SECOND).await;
        app.pause(HOUR).await;
        stays(&app, (after - 1) * SECOND).await;
        app.advance(SECOND).await;
        is_closed(&mut ann, reason).await;
    }
}

/// Greets behind a gate, and answers `ask` behind it.
fn waiting(gate: &Gate) -> Route {
    let (at_connect, at_ask) = (gate.clone(), gate.clone());
    route()
        .connect(async move |client| {
            at_connect.pass().await;
            client.send("welcome", &());
        })
        .on("ask", async move |_client, number: u32| {
            at_ask.pass().await;
            Reply(number)
        })
}

#[tokio::test]
async fn a_handler_that_waits_through_a_pause_gets_its_time_once_more() {
    let gate = Gate::shut();
    let (app, mut ann) = one(waiting(&gate)).await;
    app.advance(29 * SECOND).await;
    app.pause(HOUR).await;
    stays(&app, 29 * SECOND).await;
    gate.open();
    ann.expect::<()>("welcome").await;
    gate.shut_again();
    ann.send("ask", &5).await;
    app.advance(29 * SECOND).await;
    app.pause(HOUR).await;
    app.advance(29 * SECOND).await;
    assert_eq!(stats(&app).handler_timeouts, 0);
    app.advance(SECOND).await;
    assert_eq!(error_code(&mut ann).await, "timeout");
}

#[tokio::test]
async fn a_handler_that_is_found_late_again_and_again_is_cut() {
    let gate = Gate::shut();
    let (app, mut ann) = one(waiting(&gate)).await;
    gate.open();
    ann.expect::<()>("welcome").await;
    gate.shut_again();
    ann.send("ask", &5).await;
    app.pause(HOUR).await;
    assert_eq!(stats(&app).handler_timeouts, 0);
    app.pause(HOUR).await;
    assert_eq!(error_code(&mut ann).await, "timeout");
    // The next one has its time once more, too.
    ann.send("ask", &6).await;
    app.pause(HOUR).await;
    assert_eq!(stats(&app).handler_timeouts, 1);
}

#[tokio::test]
async fn what_a_client_left_behind_is_handled_though_a_pause_came_between() {
    let (hears, mut heard) = mpsc::unbounded_channel();
    let gate = Gate::shut();
    let left = gate.clone();
    let route = route().on("leave", async move |_client, number: u32| {
        left.pass().await;
        hears.send(number).expect("the test listens");
    });
    let (app, mut ann) = one(route).await;
    for number in [1, 2] {
        ann.send("leave", &number).await;
    }
    ann.cut().await;
    app.pause(HOUR).await;
    gate.open();
    for number in [1, 2] {
        assert_eq!(within(heard.recv()).await, Some(number));
    }
}

#[tokio::test]
async fn a_message_that_a_pause_cut_may_still_end() {
    let (app, mut ann) = one(route()).await;
    ann.send_raw(&masked(TEXT, br#"{"event":"say","#)).await;
    app.pause(HOUR).await;
    ann.send_raw(&masked(FIN, br#""payload":1,"id":1}"#)).await;
    assert_eq!(ann.expect::<u32>("orcs:ack").await, 1);
}

#[tokio::test]
async fn a_socket_that_took_nothing_in_a_pause_is_asked_once_more() {
    let route = route().connect(async |client| client.send("large", &"x".repeat(200_000)));
    let (app, mut ann) = one(route).await;
    let mut bob = app.connect("/ws").await;
    ann.stop_reading();
    for client in [&mut ann, &mut bob] {
        client.expect::<String>("large").await;
    }
    app.manager().broadcast("large", &"x".repeat(200_000));
    app.advance(5 * SECOND).await;
    app.pause(HOUR).await;
    app.advance(9 * SECOND).await;
    assert_eq!((stats(&app).connections, stats(&app).write_stalls), (2, 0));
    app.advance(SECOND).await;
    assert_eq!((stats(&app).connections, stats(&app).write_stalls), (1, 1));
}

#[tokio::test]
async fn nonsense_stops_the_start() {
    for (route, sentence) in [
        (
            ws("/ws").heartbeat(Duration::from_millis(5)),
            "/ws: `.heartbeat(5ms)` is less than 100ms, and the pongs would be a flood; `Duration::ZERO` turns it off",
        ),
        (
            ws("/ws").heartbeat_misses(2),
            "/ws: `.heartbeat_misses(2)` counts nothing, because there is no heartbeat; add `.heartbeat(..)`, or set WS_HEARTBEAT_INTERVAL",
        ),
        (
            ws("/ws").heartbeat_misses(0),
            "/ws: `.heartbeat_misses(0)` would close everybody at the first heartbeat; leave it out",
        ),
        (
            ws("/ws").inactivity_timeout(Duration::MAX),
            "/ws: `.inactivity_timeout(..)` is more than a year; `Duration::ZERO` turns it off",
        ),
    ] {
        let error = orcs::App::new(config(|_| {}), route).start().await;
        assert_eq!(
            error.err().map(|error| error.to_string()).as_deref(),
            Some(sentence)
        );
    }
}

#[tokio::test]
async fn a_heartbeat_that_would_close_who_answers_stops_the_start() {
    let half_a_second = |config: &mut Config| {
        config.heartbeat_interval = Some(SECOND / 2);
        config.control_rate_limit = RateLimit::per_second(1);
    };
    let often = Duration::from_millis(100);
    let five = RateLimit::per_second(5);
    for (route, settings, sentence) in [
        (
            route(),
            true,
            "/ws: WS_HEARTBEAT_INTERVAL (500ms) asks for more pongs than the 1 a second that WS_CONTROL_RATE_LIMIT lets a client send, and would close who answers; make the first longer or raise the second",
        ),
        (
            route().heartbeat(often).control_rate_limit(five),
            false,
            "/ws: `.heartbeat(100ms)` asks for more pongs than the 5 a second that `.control_rate_limit(..)` lets a client send, and would close who answers; make the first longer or raise the second",
        ),
    ] {
        let config = config(|config| {
            if settings {
                half_a_second(config);
            }
        });
        let error = orcs::App::new(config, route).start().await;
        assert_eq!(
            error.err().map(|error| error.to_string()).as_deref(),
            Some(sentence)
        );
    }
    // A route's own word mends it, and as many pongs as are let in are not too many.
    for route in [
        route().heartbeat(SECOND),
        route().heartbeat(Duration::ZERO),
        route().control_rate_limit(RateLimit::off()),
        route().control_rate_limit(RateLimit::per_second(2)),
    ] {
        let app = orcs::App::new(config(half_a_second), route).start().await;
        assert!(app.is_ok(), "{:?}", app.err());
    }
}
