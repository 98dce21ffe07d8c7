//! Who goes: out of every room, once, whatever ended it, and what is still handled of it.

mod common;

use common::raw::{CLOSE, FIN, RawClient, masked};
use common::rooms::{PATH, route};
use common::{App, config, eventually, start, start_with, within};
use orcs::prelude::*;
use orcs::{Delivery, Initiator, Joined, ReadyState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

/// A route that joins two rooms at once and tells how each connection ended.
fn watched() -> (Route, mpsc::UnboundedReceiver<(u16, Initiator)>) {
    let (ends, ended) = mpsc::unbounded_channel();
    let route = route()
        .connect(async |client| {
            client.join("a");
            client.join("b");
        })
        .disconnect(async move |_client, close| {
            ends.send((close.code, close.by)).expect("the test listens");
        });
    (route, ended)
}

#[tokio::test]
async fn whatever_ends_a_client_it_leaves_every_room_and_disconnect_runs_once() {
    let mut all_ended = Vec::new();
    for (what, end) in [
        ("a close frame", (1000, Initiator::Client)),
        ("a close frame without a code", (1005, Initiator::Client)),
        ("a reset", (1006, Initiator::Network)),
        ("a FIN", (1006, Initiator::Network)),
        ("a kick", (4000, Initiator::Server)),
        (
            "a kick with a code nobody may send",
            (1000, Initiator::Server),
        ),
        ("its own handler", (4001, Initiator::Server)),
        ("a violation", (1002, Initiator::Server)),
        ("a message too big", (1009, Initiator::Server)),
        ("silence", (4408, Initiator::Server)),
    ] {
        let (route, mut ended) = watched();
        let app = start_with(route, |config| {
            // On a busy machine any other end may take longer than this.
            config.idle_timeout = (what == "silence").then_some(Duration::from_millis(300));
            config.max_payload_bytes = 1000;
        })
        .await;
        let mut client = RawClient::connect(&app, PATH).await;
        let manager = app.manager.clone();
        eventually(move || manager.get_room_clients("b").len() == 1).await;
        let [id] = app.manager.get_room_clients("a")[..] else {
            panic!("one client is there");
        };
        match what {
            "a close frame" => {
                client
                    .send(masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
                    .await;
            }
            "a close frame without a code" => client.send(masked(FIN | CLOSE, b"")).await,
            "a reset" => {
                client.reset();
                client = RawClient::tcp(app.address).await;
            }
            "a FIN" => {
                client = RawClient::tcp(app.address).await;
            }
            "a kick" => assert!(app.manager.disconnect(id, 4000, "")),
            "a kick with a code nobody may send" => assert!(app.manager.disconnect(id, 1006, "")),
            "its own handler" => client.send_text(r#"{"event":"quit","payload":4001}"#).await,
            "a violation" => client.send([0xFF, 0]).await,
            "a message too big" => client.send_text(&" ".repeat(1001)).await,
            "silence" => {}
            _ => unreachable!("each is listed"),
        }
        assert_eq!(within(ended.recv()).await, Some(end), "{what}");
        drop(client);
        app.empties().await;
        all_ended.push((ended, app));
    }
    tokio::time::sleep(common::A_WHILE).await;
    for (mut ended, _app) in all_ended {
        assert!(ended.try_recv().is_err(), "disconnect runs once");
    }
}

/// A route whose `disconnect` is told of, and its clients.
fn handed_out() -> (
    Route,
    mpsc::UnboundedReceiver<Client>,
    mpsc::UnboundedReceiver<(u16, Initiator)>,
) {
    let (clients, client) = mpsc::unbounded_channel();
    let (ends, ended) = mpsc::unbounded_channel();
    let route = ws(PATH)
        .connect(async move |client| {
            client.join("a");
            clients.send(client).expect("the test listens");
        })
        .disconnect(async move |_client, close| {
            ends.send((close.code, close.by)).expect("the test listens");
        });
    (route, client, ended)
}

#[tokio::test]
async fn who_is_cut_is_gone_at_once_and_hears_no_close_frame() {
    let (route, mut clients, mut ended) = handed_out();
    let app = start(route).await;
    let mut peer = RawClient::connect(&app, PATH).await;
    let client = within(clients.recv()).await.expect("it is connected");
    client.cut();
    assert!(app.manager.get_room_clients("a").is_empty());
    assert_eq!(app.manager.get_stats().connections, 0);
    assert_eq!(client.send("late", &()), Delivery::Gone);
    assert_eq!(peer.next().await, None, "no close frame comes");
    assert_eq!(within(ended.recv()).await, Some((1006, Initiator::Server)));
    client.cut();
    app.empties().await;
}

#[tokio::test]
async fn who_is_cut_need_not_read_what_waits() {
    let (route, mut clients, mut ended) = handed_out();
    let app = App::start_with_small_buffers(orcs::App::new(config(|_| {}), route)).await;
    for (is_closed_first, end) in [
        (false, (1006, Initiator::Server)),
        (true, (4000, Initiator::Server)),
    ] {
        let mut peer = RawClient::connect_with_small_buffers(&app, PATH).await;
        let client = within(clients.recv()).await.expect("it is connected");
        client.send("large", &"x".repeat(3 << 20));
        tokio::time::sleep(common::A_WHILE).await;
        if is_closed_first {
            client.close(4000, "done");
            tokio::time::sleep(common::A_WHILE).await;
        }
        client.cut();
        assert_eq!(client.ready_state(), ReadyState::Closed);
        assert_eq!(within(ended.recv()).await, Some(end));
        let mut read = Vec::new();
        // It reads only now; a reset is an end too.
        let _ = within(peer.stream.read_to_end(&mut read)).await;
        assert!(read.len() < 1 << 20, "{} bytes came", read.len());
        within(app.empties()).await;
    }
}

#[tokio::test]
async fn a_client_whose_disconnect_panics_leaves_every_room() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let app = start(
        ws(PATH)
            .connect(async |client| client.join("a"))
            .disconnect(async move |_client, _close| -> orcs::Result {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                panic!("in disconnect")
            }),
    )
    .await;
    app.connect(PATH).await.close().await;
    app.empties().await;
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_a_client_sent_before_it_went_is_handled_in_its_rooms() {
    let route = ws(PATH)
        .on("join", async |client, room: String| {
            tokio::time::sleep(Duration::from_millis(50)).await;
            client.join(&room)
        })
        .on("say", async |client, text: String| {
            for room in client.rooms() {
                client.to(&room).send("said", &text);
            }
        });
    let app = start(route).await;
    let mut listener = RawClient::connect(&app, PATH).await;
    listener
        .send_text(r#"{"event":"join","payload":"lobby","id":1}"#)
        .await;
    listener.frame().await;
    let mut hasty = RawClient::connect(&app, PATH).await;
    hasty
        .send_text(r#"{"event":"join","payload":"lobby"}"#)
        .await;
    hasty.send_text(r#"{"event":"say","payload":"bye"}"#).await;
    drop(hasty);
    assert_eq!(listener.text().await, r#"{"event":"said","payload":"bye"}"#);
    drop(listener);
    app.empties().await;
}

#[tokio::test]
async fn whom_we_close_leaves_its_rooms_while_its_handler_still_runs() {
    let (joins, mut joined) = mpsc::unbounded_channel();
    let route = ws(PATH).on("wait", async move |client, ()| {
        client.join("before");
        while client.send("still there?", &()) != Delivery::Gone {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let members = client.manager().get_room_clients("before").len();
        let result = (members, client.join("after"));
        joins.send(result).expect("the test listens");
    });
    let app = start(route).await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"wait"}"#).await;
    client.frame().await;
    // Not masked: a violation.
    client.send(&[0x81, 0x00]).await;
    let joined = within(joined.recv()).await.unwrap();
    assert_eq!(joined, (0, Joined::Refused(orcs::JoinError::Gone)));
    app.empties().await;
}

/// Small numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_clients_come_talk_and_vanish_and_nothing_is_left() {
    let (route, mut ended) = watched();
    let app = Arc::new(start(route).await);
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let app = Arc::clone(&app);
            tokio::spawn(async move {
                let mut dice = Dice(number);
                let mut client = RawClient::connect(&app, PATH).await;
                for _ in 0..dice.roll(20) {
                    let room = format!("room {}", dice.roll(5));
                    let text = match dice.roll(4) {
                        0 => format!(r#"{{"event":"leave","payload":"{room}"}}"#),
                        1 => format!(r#"{{"event":"say","payload":["{room}","hi"]}}"#),
                        _ => format!(r#"{{"event":"join","payload":"{room}"}}"#),
                    };
                    client.send_text(&text).await;
                }
                match dice.roll(4) {
                    0 => client.reset(),
                    1 => drop(client),
                    2 => {
                        client.send_text(r#"{"event":"quit","payload":1000}"#).await;
                        client.closed_at_last().await;
                    }
                    _ => {
                        client.send(masked(FIN | CLOSE, b"")).await;
                        client.closed_at_last().await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        within(task).await.unwrap();
    }
    app.empties().await;
    for _ in 0..200 {
        within(ended.recv()).await.unwrap();
    }
    assert!(ended.try_recv().is_err());
    let stats = app.manager.get_stats();
    assert_eq!((stats.addresses, stats.average_room_size), (0, 0.0));
}

#[tokio::test]
async fn connect_may_join_and_broadcast_and_disconnect_too() {
    let app = start(
        ws(PATH)
            .connect(async |client| {
                client.join("a");
                client.manager().broadcast("came", &client.id());
                client.to("a").send("new", &client.rooms());
            })
            .disconnect(async |client, _close| {
                assert!(matches!(client.join("b"), Joined::Refused(_)));
                assert_eq!(client.send("late", &()), Delivery::Gone);
                client.to("a").send("left", &client.rooms());
                client.manager().broadcast("gone", &());
            }),
    )
    .await;
    let mut ann = app.connect(PATH).await;
    ann.expect("came").await;
    let mut bob = app.connect(PATH).await;
    bob.expect("came").await;
    ann.expect("came").await;
    assert_eq!(ann.expect("new").await, serde_json::json!(["a"]));
    bob.close().await;
    assert_eq!(ann.expect("left").await, serde_json::json!(["a"]));
    ann.expect("gone").await;
    ann.close().await;
    app.empties().await;
}

#[tokio::test]
async fn a_handler_may_kick_its_own_client() {
    let (route, mut ended) = watched();
    let app = start(route.on("kick-me", async |client, ()| {
        let id = client.id();
        assert!(client.manager().disconnect(id, 4000, "as you wish"));
        assert!(client.manager().get_room_clients("a").is_empty());
        assert_eq!(client.rooms(), ["a", "b"]);
        assert_eq!(client.send("late", &()), Delivery::Gone);
        tokio::task::yield_now().await;
        Reply("never sent")
    }))
    .await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"kick-me","id":1}"#).await;
    // What waits behind its own end is not handled.
    client.send_text(r#"{"event":"quit","payload":4009}"#).await;
    assert_eq!(client.closed().await, (4000, "as you wish".to_owned()));
    assert_eq!(within(ended.recv()).await, Some((4000, Initiator::Server)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_may_kick_each_other() {
    let ends = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ends);
    let kick_all = async |client: Client| {
        for id in client.manager().get_room_clients("ring") {
            client.manager().disconnect(id, 4000, "you first");
        }
    };
    let app = start(
        ws(PATH)
            .connect(async |client| client.join("ring"))
            .on("kick", async move |client, ()| kick_all(client).await)
            .disconnect(async move |client, _close| {
                kick_all(client).await;
                counted.fetch_add(1, Ordering::Relaxed);
            }),
    )
    .await;
    for round in 1..=20 {
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(RawClient::connect(&app, PATH).await);
        }
        let manager = app.manager.clone();
        eventually(move || manager.get_room_clients("ring").len() == 4).await;
        for client in &mut clients {
            client.send_text(r#"{"event":"kick"}"#).await;
        }
        for client in &mut clients {
            assert_eq!(client.closed().await, (4000, "you first".to_owned()));
        }
        drop(clients);
        app.empties().await;
        assert_eq!(ends.load(Ordering::Relaxed), 4 * round);
    }
}

#[tokio::test]
async fn what_a_client_sent_before_a_reset_is_handled_though_a_send_meets_the_reset() {
    let handled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&handled);
    let (route, mut ended) = watched();
    let route = route.on("count", async move |_client, ()| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let app = start(route).await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"whoami","id":1}"#).await;
    client.text().await;
    for _ in 0..3 {
        client.send_text(r#"{"event":"count"}"#).await;
    }
    client.reset();
    // From a thread without a runtime, so that it is written at once; and this one waits
    // for it, so the server does not read meanwhile.
    let manager = app.manager.clone();
    let [id] = manager.get_room_clients("a")[..] else {
        panic!("one client is there");
    };
    let sender = std::thread::spawn(move || {
        let deadline = Instant::now() + Duration::from_secs(10);
        while manager.send_to_client(id, "n", &()) != Delivery::Gone {
            assert!(Instant::now() < deadline, "the reset arrives");
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    sender.join().unwrap();
    assert_eq!(handled.load(Ordering::Relaxed), 0, "all are still to come");
    assert_eq!(within(ended.recv()).await, Some((1006, Initiator::Network)));
    assert_eq!(handled.load(Ordering::Relaxed), 3);
}
