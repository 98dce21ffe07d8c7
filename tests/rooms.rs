//! Rooms: who is in, who gets what, in which order, and who is gone.

mod common;

use common::raw::{CLOSE, FIN, RawClient, masked};
use common::{App, WebSocket, eventually, start, start_with, within};
use orcs::prelude::*;
use orcs::{Delivery, Initiator, Joined, Left};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const PATH: &str = "/ws/rooms";

fn route() -> Route {
    ws(PATH)
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("join", async |client, room: String| client.join(&room))
        .on("leave", async |client, room: String| client.leave(&room))
        .on("say", async |client, (room, text): (String, String)| {
            client.to(&room).send("said", &text)
        })
        .on("quit", async |client, code: u16| {
            client.close(code, "so it asked");
        })
}

/// Connects clients to the route and tells their ids.
async fn clients<const N: usize>(app: &App) -> ([WebSocket; N], [ClientId; N]) {
    let mut clients = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..N {
        let mut client = app.connect(PATH).await;
        ids.push(client.id().await);
        clients.push(client);
    }
    let Ok(clients) = clients.try_into() else {
        unreachable!("there are N");
    };
    (clients, ids.try_into().expect("there are N"))
}

/// Reads a client's `event`s until `last` comes.
async fn until(client: &mut WebSocket, event: &str, last: &Value) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let payload = client.expect(event).await;
        if payload == *last {
            return heard;
        }
        heard.push(payload);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_members_hear_everything_once_and_in_one_order() {
    let app = start_with(route(), |config| config.backpressure_limit_bytes = 64 << 20).await;
    let (clients, ids) = clients::<4>(&app).await;
    for id in ids {
        assert_eq!(app.manager.join_room(id, "all"), Joined::Now);
    }
    let listeners = clients
        .map(|mut client| tokio::spawn(async move { until(&mut client, "n", &Value::Null).await }));
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let manager = app.manager.clone();
            tokio::task::spawn_blocking(move || {
                for number in 0..250 {
                    let sent = manager.broadcast_to_room("all", "n", &(sender, number), []);
                    assert_eq!((sent.queued, sent.dropped), (4, 0));
                }
            })
        })
        .collect();
    for sender in senders {
        within(sender).await.unwrap();
    }
    app.manager.broadcast("n", &());

    let mut heard = Vec::new();
    for listener in listeners {
        heard.push(within(listener).await.unwrap());
    }
    assert_eq!(heard[0].len(), 8 * 250);
    for other in &heard[1..] {
        assert_eq!(
            *other, heard[0],
            "all members hear the same in the same order"
        );
    }
    for sender in 0..8 {
        let numbers: Vec<_> = heard[0]
            .iter()
            .filter(|pair| pair[0] == sender)
            .filter_map(|pair| pair[1].as_u64())
            .collect();
        assert!(
            numbers.iter().copied().eq(0..250),
            "each sender's in its own order"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_sent_to_one_behind_what_is_sent_to_all_arrives_behind_it() {
    let app = start_with(route(), |config| config.backpressure_limit_bytes = 64 << 20).await;
    let ([mut ann, _bob], [ann_id, _]) = clients::<2>(&app).await;
    app.manager.join_room(ann_id, "all");
    let noise = {
        let manager = app.manager.clone();
        tokio::task::spawn_blocking(move || {
            for _ in 0..1000 {
                manager.broadcast_to_room("all", "noise", &(), []);
            }
        })
    };
    let manager = app.manager.clone();
    let sender = tokio::task::spawn_blocking(move || {
        for number in 0..500 {
            manager.broadcast_to_room("all", "n", &(2 * number), []);
            assert_eq!(
                manager.send_to_client(ann_id, "n", &(2 * number + 1)),
                Delivery::Queued
            );
        }
    });
    let mut expected = 0;
    while expected < 1000 {
        let envelope = ann.json().await;
        if envelope["event"] == "n" {
            assert_eq!(envelope["payload"], expected);
            expected += 1;
        }
    }
    within(sender).await.unwrap();
    within(noise).await.unwrap();
}

#[tokio::test]
async fn several_rooms_minus_clients_and_rooms_reach_each_client_once() {
    let app = start(route()).await;
    let (mut clients, ids) = clients::<6>(&app).await;
    let [_, _, in_both, excepted, muted, nowhere] = ids;
    let rooms = [
        vec!["a"],
        vec!["b"],
        vec!["a", "b"],
        vec!["a"],
        vec!["b", "muted"],
        vec![],
    ];
    for (id, rooms) in ids.iter().zip(&rooms) {
        for room in rooms {
            assert_eq!(app.manager.join_room(*id, room), Joined::Now);
        }
    }
    let target = app.manager.to("a").to("b").to("a").to("nobody");
    assert_eq!(target.send("n", &1).queued, 5);
    let some = target.clone().except([excepted]).except_room("muted");
    assert_eq!(some.send("n", &2).queued, 3);
    assert_eq!(target.clone().except(ids).send("n", &3).queued, 0);
    assert_eq!(
        app.manager
            .everyone()
            .except([nowhere])
            .send("n", &4)
            .queued,
        5
    );
    assert_eq!(
        app.manager.everyone().except_room("a").send("n", &5).queued,
        3
    );
    app.manager
        .broadcast_to_room("b", "n", &6, [in_both, muted]);
    app.manager.broadcast("n", &());

    let expected: [&[u64]; 6] = [
        &[1, 2, 4],
        &[1, 2, 4, 5, 6],
        &[1, 2, 4],
        &[1, 4],
        &[1, 4, 5],
        &[5],
    ];
    for (client, expected) in clients.iter_mut().zip(expected) {
        assert_eq!(until(client, "n", &Value::Null).await, expected);
    }
}

#[tokio::test]
async fn what_a_client_says_to_a_room_reaches_the_others_only() {
    let app = start(route()).await;
    let ([mut ann, mut bob], _) = clients::<2>(&app).await;
    for client in [&mut ann, &mut bob] {
        client
            .send(r#"{"event":"join","payload":"a","id":1}"#)
            .await;
        client.expect("orcs:ack").await;
    }
    ann.emit("say", vec!["a", "hi"]).await;
    assert_eq!(bob.expect("said").await, "hi");
    app.manager.broadcast("said", "last");
    assert_eq!(ann.expect("said").await, "last");
}

#[tokio::test]
async fn one_room_too_many_or_badly_named_is_refused() {
    let app = start_with(route(), |config| config.max_rooms_per_client = 2).await;
    let ([mut ann], _) = clients::<1>(&app).await;
    for (room, code) in [
        ("\"a\"", None),
        ("\"b\"", None),
        ("\"a\"", None),
        ("\"c\"", Some("too_many_rooms")),
        ("\"\"", Some("validation")),
        (r#""a\u0000""#, Some("validation")),
        (&format!("\"{}\"", "x".repeat(129)), Some("validation")),
    ] {
        ann.send(format!(r#"{{"event":"join","payload":{room},"id":1}}"#))
            .await;
        let answer = ann.json().await;
        assert_eq!(answer["payload"]["code"].as_str(), code, "{room}");
    }
    assert_eq!(app.manager.get_stats().rooms, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_join_or_a_leave_queries_and_broadcasts_agree_at_once() {
    let app = start_with(route(), |config| config.backpressure_limit_bytes = 64 << 20).await;
    let (clients, ids) = clients::<4>(&app).await;
    // The clients are busy all the time, on other threads.
    let busy = clients.map(|mut client| {
        tokio::spawn(async move {
            loop {
                client.emit("join", "busy").await;
                client.emit("leave", "busy").await;
                client
                    .send(r#"{"event":"join","payload":"busy","id":1}"#)
                    .await;
                while client.json().await["event"] != "orcs:ack" {}
            }
        })
    });
    let threads = ids.map(|id| {
        let manager = app.manager.clone();
        tokio::task::spawn_blocking(move || {
            let own = format!("own:{id}");
            for _ in 0..3000 {
                for room in [own.as_str(), "shared"] {
                    assert_eq!(manager.join_room(id, room), Joined::Now);
                    assert!(manager.get_room_clients(room).contains(&id));
                    assert!(manager.get_client_rooms(id).iter().any(|name| name == room));
                }
                assert_eq!(manager.broadcast_to_room(&own, "n", &1, []).queued, 1);
                assert_eq!(
                    manager
                        .to(&own)
                        .to("shared")
                        .except_room("shared")
                        .send("n", &0)
                        .queued,
                    0
                );
                for room in [own.as_str(), "shared"] {
                    assert_eq!(manager.leave_room(id, room), Left::Now);
                    assert!(!manager.get_room_clients(room).contains(&id));
                    assert!(!manager.get_client_rooms(id).iter().any(|name| name == room));
                }
                assert_eq!(manager.broadcast_to_room(&own, "n", &2, []).queued, 0);
            }
        })
    });
    for thread in threads {
        tokio::time::timeout(Duration::from_secs(60), thread)
            .await
            .unwrap()
            .unwrap();
    }
    for task in busy {
        task.abort();
    }
    app.manager.broadcast("last", &());
    assert!(app.manager.get_room_clients("shared").is_empty());
    assert!(
        app.manager.get_stats().rooms <= 1,
        "`busy` alone may be left"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_disconnect_nobody_finds_the_client_any_more() {
    let (ids, mut came) = mpsc::unbounded_channel();
    let app = start(ws(PATH).connect(async move |client| {
        client.join("all");
        ids.send(client.id()).expect("the test listens");
    }))
    .await;
    for _ in 0..300 {
        let client = RawClient::connect(&app, PATH).await;
        let id = within(came.recv()).await.unwrap();
        let manager = app.manager.clone();
        let gone = tokio::task::spawn_blocking(move || {
            assert!(manager.disconnect(id, 4000, "go"));
            assert_eq!(manager.get_stats().connections, 0);
            assert!(manager.get_room_clients("all").is_empty());
            assert!(manager.get_client_rooms(id).is_empty());
            assert_eq!(manager.broadcast("n", &1).queued, 0);
            assert_eq!(manager.send_to_client(id, "n", &1), Delivery::Gone);
            assert!(matches!(manager.join_room(id, "all"), Joined::Refused(_)));
            assert!(!manager.disconnect(id, 4000, "again"));
        });
        within(gone).await.unwrap();
        let mut client = client;
        assert_eq!(client.closed().await, (4000, "go".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_disconnects_a_client_second_does_not_find_it_either() {
    let (ids, mut came) = mpsc::unbounded_channel();
    let app = start(ws(PATH).connect(async move |client| {
        client.join("all");
        ids.send(client.id()).expect("the test listens");
    }))
    .await;
    for _ in 0..1000 {
        let _client = RawClient::connect(&app, PATH).await;
        let id = within(came.recv()).await.unwrap();
        let start = Arc::new(std::sync::Barrier::new(3));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (manager, start) = (app.manager.clone(), Arc::clone(&start));
                tokio::task::spawn_blocking(move || {
                    start.wait();
                    let first = manager.disconnect(id, 4000, "go");
                    assert!(manager.get_client_rooms(id).is_empty());
                    assert!(manager.get_room_clients("all").is_empty());
                    assert_eq!(manager.get_stats().connections, 0);
                    usize::from(first)
                })
            })
            .collect();
        let mut firsts = 0;
        for thread in threads {
            firsts += within(thread).await.unwrap();
        }
        assert_eq!(firsts, 1);
    }
}

#[tokio::test]
async fn stats_have_the_seeds_keys_first() {
    let app = start(route()).await;
    let stats = || serde_json::to_string(&app.manager.get_stats()).unwrap();
    assert_eq!(
        stats(),
        r#"{"connections":0,"rooms":0,"averageRoomSize":0.0,"sockets":0,"addresses":0}"#
    );
    let (_clients, ids) = clients::<3>(&app).await;
    for id in ids {
        app.manager.join_room(id, "a");
    }
    app.manager.join_room(ids[0], "b");
    assert_eq!(
        stats(),
        r#"{"connections":3,"rooms":2,"averageRoomSize":2.0,"sockets":3,"addresses":1}"#
    );
}

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
    let (route, mut ended) = watched();
    let app = start_with(route, |config| {
        config.idle_timeout = Some(Duration::from_millis(300));
        config.max_payload_bytes = 1000;
    })
    .await;
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
    }
    tokio::time::sleep(common::A_WHILE).await;
    assert!(ended.try_recv().is_err(), "disconnect runs once");
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
async fn what_a_client_sent_before_a_reset_is_handled_though_a_broadcast_meets_the_reset() {
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
    // Nothing else runs on this thread, so the server has not read yet.
    let deadline = Instant::now() + Duration::from_secs(10);
    while app.manager.broadcast("n", &()).queued > 0 {
        assert!(Instant::now() < deadline, "the reset arrives");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(handled.load(Ordering::Relaxed), 0, "all are still to come");
    assert_eq!(within(ended.recv()).await, Some((1006, Initiator::Network)));
    assert_eq!(handled.load(Ordering::Relaxed), 3);
}
