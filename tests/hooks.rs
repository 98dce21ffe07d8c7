//! What a route hears of its handlers' failures, of pings and of pongs.

mod common;

use common::kit::{app, error_code, one, stats};
use common::log::lines_with;
use common::raw::{FIN, Frame, PING, PONG, RawClient, masked};
use common::{A_WHILE, Gate, start, start_with};
use orcs::prelude::*;
use orcs::{Config, Delivery, testing};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Tells its client of each failure: the event, the code and the cause.
async fn tell(client: Client, Failed { event, error, .. }: Failed) {
    client.send("failed", &(event, error.code(), error.to_string()));
}

fn failing() -> Route {
    ws("/ws")
        .on("say", async |_client, text: String| Reply(text))
        .on("refuse", async |_client, ()| -> orcs::Result {
            Err("not today".into())
        })
        .on("break", async |_client, ()| -> orcs::Result {
            "five".parse::<u8>()?;
            Ok(())
        })
        .on("panic", async |_client, ()| -> () { panic!("a bug") })
        .on("hang", async |_client, ()| {
            std::future::pending::<()>().await;
        })
        .binary(async |_client, _bytes| -> orcs::Result { Err("no bytes".into()) })
        .ping(async |_client, _payload| -> () { panic!("a ping's bug") })
        .pong(async |_client, _payload| -> orcs::Result { Err("no pong".into()) })
        .refuse_unknown_events()
}

/// What a handler may take here.
const TIMEOUT: Duration = Duration::from_secs(2);

fn cut_soon(config: &mut Config) {
    config.handler_timeout = Some(TIMEOUT);
}

type Told = (String, String, String);

fn told(event: &str, code: &str, cause: &str) -> Told {
    (event.to_owned(), code.to_owned(), cause.to_owned())
}

#[tokio::test]
async fn each_failure_of_a_handler_is_told_behind_its_error_frame() {
    let app = app(failing().error(tell), cut_soon).await;
    let mut ann = app.connect("/ws").await;
    for (event, code, cause) in [
        ("refuse", "rejected", "not today"),
        ("break", "internal", "invalid digit found in string"),
        ("panic", "internal", "it panicked: a bug"),
        ("hang", "timeout", "the handler took too long"),
    ] {
        ann.send(event, &()).await;
        sleep(TIMEOUT).await;
        assert_eq!(error_code(&mut ann).await, code);
        let heard: Told = ann.expect("failed").await;
        assert_eq!(heard, told(event, code, cause));
    }
    ann.send_binary(b"x").await;
    assert_eq!(error_code(&mut ann).await, "rejected");
    let heard: Told = ann.expect("failed").await;
    assert_eq!(heard, told("binary", "rejected", "no bytes"));
    for (opcode, expected) in [
        (PING, told("ping", "internal", "it panicked: a ping's bug")),
        (PONG, told("pong", "rejected", "no pong")),
    ] {
        ann.send_raw(&masked(FIN | opcode, b"x")).await;
        assert_eq!(ann.expect::<Told>("failed").await, expected);
    }
    assert_eq!(ann.request::<String>("say", "hi").await, "hi");
}

#[tokio::test]
async fn a_message_that_reaches_no_handler_is_no_failure() {
    let (_app, mut ann) = one(failing().error(tell)).await;
    for (text, code) in [
        (r#"{"event":"say","payload":5}"#, "validation"),
        (r#"{"event":"shout"}"#, "unknown_event"),
        (r#"{"event":"error"}"#, "reserved_event"),
        ("[", "bad_frame"),
    ] {
        ann.send_text(text).await;
        assert_eq!(error_code(&mut ann).await, code);
        ann.expect_nothing().await;
    }
}

#[tokio::test]
async fn who_is_not_let_stay_by_connect_has_not_failed() {
    let told = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&told);
    let route = ws("/ws")
        .connect(async |client| -> orcs::Result {
            Err(match client.query("as") {
                Some(_) => Refusal::new(4100, "no guests").into(),
                None => "a bug".into(),
            })
        })
        .error(async move |_client, _failed| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
    let app = testing::start(route).await;
    let mut guest = app.connect("/ws?as=guest").await;
    assert_eq!(guest.expect_close().await.code, 4100);
    assert_eq!(told.load(Ordering::Relaxed), 0);
    let mut ann = app.connect("/ws").await;
    assert_eq!(ann.expect_close().await.code, 1011);
    assert_eq!(told.load(Ordering::Relaxed), 1);
    assert_eq!(stats(&app).events_refused, 2);
}

#[tokio::test]
async fn an_error_of_a_hook_refuses_no_event() {
    let route = failing().disconnect(async |_client, _close| -> orcs::Result { Err("no".into()) });
    let (app, mut ann) = one(route.error(async |client, failed| -> orcs::Result {
        client.send("failed", &failed.event);
        Err("nor this".into())
    }))
    .await;
    ann.send_raw(&masked(FIN | PONG, b"x")).await;
    assert_eq!(ann.expect::<String>("failed").await, "pong");
    assert_eq!(stats(&app).events_refused, 0);
    ann.send("refuse", &()).await;
    assert_eq!(error_code(&mut ann).await, "rejected");
    ann.close().await;
    assert_eq!(stats(&app).events_refused, 1);
}

#[tokio::test]
async fn a_hook_that_fails_is_logged_and_told_of_nothing_and_its_client_goes_on() {
    assert!(lines_with(&["the hook's"]).is_empty());
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let route = failing().error(async move |_client, failed| -> orcs::Result {
        counter.fetch_add(1, Ordering::Relaxed);
        match failed.event.as_str() {
            "refuse" => panic!("the hook's bug"),
            "break" => Err("the hook's refusal".into()),
            _ => std::future::pending().await,
        }
    });
    let app = app(route, cut_soon).await;
    let mut ann = app.connect("/ws").await;
    for (event, code) in [
        ("refuse", "rejected"),
        ("break", "internal"),
        ("panic", "internal"),
    ] {
        ann.send(event, &()).await;
        assert_eq!(error_code(&mut ann).await, code);
    }
    // The last hook hangs until it is cut, and what came behind it is handled then.
    ann.send("say", "hi").await;
    let text = r#"{"event":"say","payload":"hi","id":1}"#;
    ann.send_text(text).await;
    ann.expect_nothing().await;
    sleep(TIMEOUT).await;
    assert_eq!(ann.expect::<String>("orcs:ack").await, "hi");
    ann.expect_nothing().await;
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    for cause in [
        "the hook's bug",
        "the hook's refusal",
        "the handler took too long",
    ] {
        let lines = lines_with(&[r#"event="error""#, cause]);
        assert_eq!(lines.len(), 1, "{lines:?}");
    }
}

#[tokio::test]
async fn what_comes_behind_a_failure_waits_for_its_hook() {
    let route = failing().error(async |client, _failed| {
        sleep(Duration::from_secs(1)).await;
        client.send("told", &());
    });
    let (_app, mut ann) = one(route).await;
    ann.send("refuse", &()).await;
    ann.send_text(r#"{"event":"say","payload":"hi","id":1}"#)
        .await;
    assert_eq!(error_code(&mut ann).await, "rejected");
    ann.expect_nothing().await;
    sleep(Duration::from_secs(1)).await;
    ann.expect::<()>("told").await;
    assert_eq!(ann.expect::<String>("orcs:ack").await, "hi");
}

#[tokio::test]
async fn a_connect_and_a_disconnect_that_fail_are_told_and_nothing_is_left() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&heard);
    let route = ws("/ws")
        .connect(async |client| -> orcs::Result {
            client.join("lobby");
            match client.is_authenticated() {
                true => Ok(()),
                false => Err("who are you?".into()),
            }
        })
        .disconnect(async |_client, _close| -> () { panic!("a bug") })
        .error(async move |client, Failed { event, error, .. }| -> () {
            assert_eq!(client.send("x", &1), Delivery::Gone);
            telling.lock().unwrap().push((event, error.code()));
            panic!("a bug too")
        });
    let routes = Routes::new().add(route.auth_optional::<Value>());
    let app = app(routes, |_| {}).await;
    let close = app.connect("/ws").await.expect_close().await;
    assert_eq!((close.code, close.reason.as_str()), (1011, "who are you?"));
    let heard = || std::mem::take(&mut *heard.lock().unwrap());
    let connect = ("connect".to_owned(), "rejected");
    let disconnect = ("disconnect".to_owned(), "internal");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(heard(), [connect, disconnect.clone()]);
    let ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    assert_eq!(stats(&app).rooms, 1);
    ann.cut().await;
    assert_eq!(heard(), [disconnect]);
    assert_eq!((stats(&app).connections, stats(&app).rooms), (0, 0));
}

/// Tells its client of each ping and pong, and answers `say`, which takes a second.
fn hearing() -> Route {
    ws("/ws")
        .on("say", async |_client, number: u32| {
            sleep(Duration::from_secs(1)).await;
            Reply(number)
        })
        .on("measure", async |client, payload: String| {
            client.ping(payload)
        })
        .ping(async |client, payload| client.send("ping", &payload.len()))
        .pong(async |client, payload| client.send("pong", &String::from_utf8_lossy(&payload)))
}

#[tokio::test]
async fn pings_and_pongs_are_told_in_the_order_in_which_they_came() {
    let (_app, mut ann) = one(hearing()).await;
    ann.send_raw(&masked(FIN | PING, b"")).await;
    assert_eq!(ann.expect::<usize>("ping").await, 0);
    let say = masked(FIN | 1, br#"{"event":"say","payload":1,"id":1}"#);
    let (ping, pong) = (
        masked(FIN | PING, &[7; 125]),
        masked(FIN | PONG, b"unasked"),
    );
    ann.send_raw(&[say.clone(), ping, say, pong].concat()).await;
    ann.expect_nothing().await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(ann.expect::<u32>("orcs:ack").await, 1);
    assert_eq!(ann.expect::<usize>("ping").await, 125);
    assert_eq!(ann.expect::<u32>("orcs:ack").await, 1);
    assert_eq!(ann.expect::<String>("pong").await, "unasked");
}

#[tokio::test]
async fn a_ping_of_ours_comes_back_as_a_pong() {
    let clients = Arc::new(Mutex::new(Vec::new()));
    let handed_out = Arc::clone(&clients);
    let route = hearing().connect(async move |client| handed_out.lock().unwrap().push(client));
    let (_app, mut ann) = one(route).await;
    ann.send("measure", "round trip").await;
    assert_eq!(ann.expect::<String>("pong").await, "round trip");
    let client = clients.lock().unwrap().pop().unwrap();
    let longest = "x".repeat(125);
    assert_eq!(client.ping(&longest), Delivery::Queued);
    assert_eq!(ann.expect::<String>("pong").await, longest);
    assert_eq!(client.ping([0; 126]), Delivery::Dropped);
    ann.expect_nothing().await;
    ann.cut().await;
    assert_eq!(client.ping(""), Delivery::Gone);
}

#[tokio::test]
async fn a_pong_may_be_sent_unasked() {
    let (deliveries, mut delivered) = mpsc::unbounded_channel();
    let route = ws("/ws").connect(async move |client| {
        for payload in ["", "still here", &"x".repeat(125), &"x".repeat(126)] {
            let delivery = client.pong(payload);
            deliveries.send(delivery).expect("the test listens");
        }
    });
    let app = start(route).await;
    let mut ann = RawClient::connect(&app, "/ws").await;
    for payload in ["", "still here", &"x".repeat(125)] {
        assert_eq!(ann.frame().await, Frame::new(PONG, payload));
        assert_eq!(delivered.recv().await, Some(Delivery::Queued));
    }
    assert_eq!(delivered.recv().await, Some(Delivery::Dropped));
}

#[tokio::test]
async fn a_ping_with_a_hook_is_answered_with_one_pong() {
    let app = start(hearing()).await;
    let mut ann = RawClient::connect(&app, "/ws").await;
    ann.send(masked(FIN | PING, b"once")).await;
    ann.send(masked(FIN | PING, b"twice")).await;
    ann.send_text(r#"{"event":"nobody","id":1}"#).await;
    let mut frames = Vec::new();
    loop {
        let frame = ann.frame().await;
        if String::from_utf8_lossy(&frame.payload).contains("unknown_event") {
            break;
        }
        frames.push(frame);
    }
    frames.retain(|frame| frame.first == FIN | PONG);
    let pongs = [Frame::new(PONG, *b"once"), Frame::new(PONG, *b"twice")];
    assert_eq!(frames, pongs);
}

#[tokio::test]
async fn pings_that_wait_fill_the_queue_like_events() {
    let gate = Gate::shut();
    let passing = gate.clone();
    let route = ws("/ws").ping(async move |_client, _payload| passing.pass().await);
    let app = start_with(route, |config| config.event_queue_limit_bytes = 1000).await;
    let mut ann = RawClient::connect(&app, "/ws").await;
    ann.send(masked(FIN | PING, b"0123456789").repeat(100))
        .await;
    // One runs, and each that waits counts its ten bytes and 64.
    for _ in 0..15 {
        assert_eq!(ann.frame().await.first, FIN | PONG);
    }
    let more = timeout(A_WHILE, ann.frame()).await;
    assert!(more.is_err(), "a full queue is not read on: {more:?}");
    gate.open();
    for _ in 15..100 {
        assert_eq!(ann.frame().await.first, FIN | PONG);
    }
}

#[tokio::test]
async fn a_ping_over_the_limit_is_not_told_and_none_forgives_a_bad_frame() {
    let (_app, mut ann) =
        one(hearing().control_rate_limit(RateLimit::per_second(2).burst(2))).await;
    let ping = masked(FIN | PING, b"");
    ann.send_raw(&ping.repeat(3)).await;
    ann.expect::<usize>("ping").await;
    ann.expect::<usize>("ping").await;
    assert_eq!(ann.expect_close().await.code, 1008);

    let app = app(hearing(), |config| config.max_bad_frames = 3).await;
    let mut bob = app.connect("/ws").await;
    for _ in 0..3 {
        bob.send_text("[").await;
        bob.send_raw(&ping).await;
    }
    let close = bob.expect_close().await;
    assert_eq!(close.reason, "too many bad frames in a row");
}

#[tokio::test]
async fn the_hooks_of_a_private_route_know_its_data() {
    #[derive(Deserialize)]
    struct User {
        sub: String,
    }
    let route = ws("/ws")
        .auth::<User>()
        .on("panic", async |_client, ()| -> () { panic!("a bug") })
        .error(async |client, _failed| client.send("failed", &client.data().sub))
        .ping(async |client, _payload| client.send("ping", &client.data().sub))
        .pong(async |client, _payload| client.send("pong", &client.data().sub));
    let app = testing::start(route).await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    ann.send("panic", &()).await;
    assert_eq!(error_code(&mut ann).await, "internal");
    assert_eq!(ann.expect::<String>("failed").await, "ann");
    for (opcode, event) in [(PING, "ping"), (PONG, "pong")] {
        ann.send_raw(&masked(FIN | opcode, b"")).await;
        assert_eq!(ann.expect::<String>(event).await, "ann");
    }
}
