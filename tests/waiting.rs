//! Who waits for whom, on a clock that stands still: queues, timeouts, slow clients, the end.

use orcs::Delivery;
use orcs::prelude::*;
use orcs::testing::{self};
use serde_json::Value;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

#[tokio::test]
async fn events_wait_for_a_handler_in_order_and_pings_do_not() {
    let slow = ws("/slow")
        .on("slow", async |client, number: u32| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            client.send("done", &number)
        })
        .on("fast", async |client, number: u32| {
            client.send("done", &number)
        });
    let app = testing::start(slow).await;
    let mut ann = app.connect("/slow").await;
    ann.send("slow", &1).await;
    ann.send("fast", &2).await;
    ann.send("slow", &3).await;
    ann.send("fast", &4).await;
    ann.expect_nothing().await;
    for number in 1..=4 {
        assert_eq!(ann.expect::<u32>("done").await, number);
    }
}

#[tokio::test]
async fn a_client_that_pongs_stays_and_one_that_does_not_is_closed() {
    let app = testing::start(ws("/ws").connect(async |client| client.join("all"))).await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    bob.go_silent();
    app.advance(Duration::from_secs(61)).await;
    assert_eq!(
        app.manager().get_stats().connections,
        2,
        "half of the time is over: both are pinged"
    );
    app.advance(Duration::from_secs(61)).await;
    let close = bob.expect_close().await;
    assert_eq!(close.code, 4408);
    assert_eq!(app.manager().get_room_clients("all"), [ann.id()]);
    for _ in 0..20 {
        app.advance(Duration::from_secs(61)).await;
    }
    ann.expect_nothing().await;
}

#[tokio::test]
async fn a_handler_that_waits_does_not_make_its_client_look_dead() {
    let sleepy = ws("/ws").on("sleep", async |client, ()| {
        tokio::time::sleep(Duration::from_secs(29)).await;
        client.send("awake", &())
    });
    let app = testing::start_app(|mut config| {
        config.idle_timeout = Some(Duration::from_secs(2));
        config.event_queue_limit_bytes = 100;
        orcs::App::new(config, sleepy)
    })
    .await;
    let mut ann = app.connect("/ws").await;
    ann.send("sleep", &()).await;
    for _ in 0..10 {
        ann.send("sleep", &()).await;
    }
    // Its queue is full and its socket is not read, so not even its pongs are.
    for _ in 0..28 {
        app.advance(Duration::from_secs(1)).await;
    }
    ann.expect_nothing().await;
    for _ in 0..11 {
        for _ in 0..30 {
            app.advance(Duration::from_secs(1)).await;
        }
    }
    for _ in 0..11 {
        ann.expect::<()>("awake").await;
    }
}

#[tokio::test]
async fn a_handler_that_hangs_is_cut() {
    let hanging = ws("/ws")
        .on("hang", async |_client, ()| {
            std::future::pending::<()>().await;
        })
        .on("hi", async |_client, ()| Reply("there"));
    let app = testing::start(hanging).await;
    let mut ann = app.connect("/ws").await;
    ann.send("hang", &()).await;
    app.advance(Duration::from_secs(31)).await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error["code"], "timeout");
    assert_eq!(ann.request::<String>("hi", &()).await, "there");
}

#[tokio::test]
async fn a_connect_that_hangs_closes_with_1011_and_disconnect_still_runs() {
    let left = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&left);
    let hanging = ws("/ws")
        .connect(async |client| {
            client.join("lobby");
            std::future::pending::<()>().await;
        })
        .disconnect(async move |_client, _close| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
    let app = testing::start(hanging).await;
    let mut ann = app.connect("/ws").await;
    app.advance(Duration::from_secs(31)).await;
    assert_eq!(ann.expect_close().await.code, 1011);
    assert_eq!(left.load(Ordering::Relaxed), 1);
    assert_eq!(app.manager().get_room_clients("lobby"), []);
}

#[tokio::test]
async fn a_slow_client_is_closed_and_the_room_goes_on() {
    let route = ws("/ws").connect(async |client| client.join("all"));
    let app = testing::start(route).await;
    let mut ann = app.connect("/ws").await;
    let mut slow = app.connect("/ws").await;
    slow.stop_reading();
    let text = "x".repeat(10_000);
    for _ in 0..200 {
        app.manager().broadcast_to_room("all", "news", &text, []);
        let _: String = ann.expect("news").await;
    }
    assert_eq!(app.manager().get_room_clients("all"), [ann.id()]);
    slow.read_on();
    assert_eq!(slow.expect_close().await.code, 1013);
}

#[tokio::test]
async fn a_shutdown_closes_everybody_and_runs_every_disconnect() {
    let left = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&left);
    let route = ws("/ws").disconnect(async move |_client, close| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(close.code, 1001);
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let app = testing::start(route).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(app.connect("/ws").await);
    }
    app.shutdown().await;
    for client in &mut clients {
        assert_eq!(client.expect_close().await.code, 1001);
    }
    assert_eq!(left.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn whom_a_limit_closes_is_gone_a_moment_later() {
    type Send = fn(&WebSocketManager, ClientId, &str) -> bool;
    let sends: [(&str, Send); 4] = [
        ("to a room", |manager, _, text| {
            manager.broadcast_to_room("all", "news", text, []).queued > 0
        }),
        ("to several rooms", |manager, _, text| {
            let target = manager.to("all").to("own");
            target.send("news", text).queued > 0
        }),
        ("to everybody", |manager, _, text| {
            manager.broadcast("news", text).queued > 0
        }),
        ("to one", |manager, id, text| {
            manager.send_to_client(id, "news", text) == Delivery::Queued
        }),
    ];
    let text = "x".repeat(400_000);
    for (how, send) in sends {
        let route = ws("/ws").connect(async |client| client.join("all"));
        let app = testing::start(route).await;
        let mut slow = app.connect("/ws").await;
        slow.stop_reading();
        let manager = app.manager();
        let mut sent = 0;
        while send(manager, slow.id(), &text) {
            sent += 1;
            assert!(sent < 10, "{how}: it never was too much");
            tokio::task::yield_now().await;
        }
        assert_eq!(manager.get_room_clients("all"), [], "{how}");
        assert!(manager.get_client_rooms(slow.id()).is_empty(), "{how}");
        let stats = manager.get_stats();
        assert_eq!((stats.connections, stats.dropped), (0, 1), "{how}");
        slow.read_on();
        assert_eq!(slow.expect_close().await.code, 1013, "{how}");
    }
}

/// Lets a client send 500 events of a second each and vanish, where a handler may take 4.
///
/// Tells how many of them were handled after that, and how often its `disconnect` ran.
async fn handled_of_what_was_left_behind(event_queue_limit_bytes: usize) -> [usize; 2] {
    let handler_timeout = Duration::from_secs(4);
    let counters = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let [handled, left] = [Arc::clone(&counters), Arc::clone(&counters)];
    let slow = ws("/ws")
        .connect(async |client| client.join("lobby"))
        .on("slow", async move |_client, ()| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            handled[0].fetch_add(1, Ordering::Relaxed);
        })
        .disconnect(async move |_client, _close| {
            left[1].fetch_add(1, Ordering::Relaxed);
        });
    let app = testing::start_app(|mut config| {
        config.handler_timeout = Some(handler_timeout);
        // A client whose queue is full is not read: that it has gone shows at a ping.
        config.idle_timeout = Some(Duration::from_secs(2));
        config.event_queue_limit_bytes = event_queue_limit_bytes;
        config.rate_limit = RateLimit::off();
        orcs::App::new(config, slow)
    })
    .await;
    let mut ann = app.connect("/ws").await;
    // All at once, masked with zeros.
    let event = br#"{"event":"slow"}"#;
    let frame = [&[0x81, 0x80 | event.len() as u8, 0, 0, 0, 0], &event[..]].concat();
    ann.send_raw(&frame.repeat(500)).await;
    ann.cut().await;
    // One handler was running; the last one to begin may take its time too.
    tokio::time::sleep(handler_timeout + Duration::from_secs(4)).await;
    let counts = counters
        .each_ref()
        .map(|count| count.load(Ordering::Relaxed));
    assert_eq!(app.manager().get_room_clients("lobby"), []);
    tokio::time::sleep(10 * handler_timeout).await;
    let later = counters
        .each_ref()
        .map(|count| count.load(Ordering::Relaxed));
    assert_eq!(later, counts, "it is over");
    counts
}

#[tokio::test]
async fn what_a_client_leaves_behind_is_handled_for_as_long_as_one_handler_may_take() {
    let [handled, left] = handled_of_what_was_left_behind(1 << 20).await;
    assert!((3..=6).contains(&handled), "{handled}");
    assert_eq!(left, 1);
}

#[tokio::test]
async fn every_fragment_costs_a_turn() {
    let is_over = Arc::new(AtomicBool::new(false));
    let [ends, ended] = [Arc::clone(&is_over), is_over];
    let route = ws("/ws").on("end", async move |_client, ()| {
        ends.store(true, Ordering::Relaxed);
    });
    let app = testing::start(route).await;
    let mut ann = app.connect("/ws").await;
    // Another task on this thread, which is always ready, and how often it gets its turn.
    let other = tokio::spawn(async move {
        let mut turns = 0;
        let count = poll_fn(|cx| {
            if ended.load(Ordering::Relaxed) {
                return Poll::Ready(());
            }
            turns += 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        count.await;
        turns
    });
    let fragments = 30_000;
    // Masked with zeros: an empty text begins, goes on for long, and is an event at last.
    let mut bytes = vec![0x01, 0x80, 0, 0, 0, 0];
    bytes.extend([0x00, 0x80, 0, 0, 0, 0].repeat(fragments));
    let event = br#"{"event":"end"}"#;
    bytes.extend([0x80, 0x80 | event.len() as u8, 0, 0, 0, 0]);
    bytes.extend(event);
    ann.send_raw(&bytes).await;
    let turns = other.await.expect("it was waited for");
    assert!(turns >= fragments / 100, "{turns} turns");
}

#[tokio::test]
async fn a_full_queue_keeps_nobody_who_has_gone() {
    let [_handled, left] = handled_of_what_was_left_behind(100).await;
    assert_eq!(left, 1);
}
