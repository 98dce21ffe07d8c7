//! Rooms: who is in, who gets what, in which order, and who is gone.

mod common;

use common::raw::RawClient;
use common::rooms::{PATH, connected, route};
use common::{WebSocket, start, start_with, within};
use orcs::prelude::*;
use orcs::{Delivery, Joined, Left};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

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
    let (clients, ids) = connected::<4>(&app).await;
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
                    assert_eq!(sent.queued, 4);
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
    let ([mut ann, _bob], [ann_id, _]) = connected::<2>(&app).await;
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
    let (mut clients, ids) = connected::<6>(&app).await;
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
    let ([mut ann, mut bob], _) = connected::<2>(&app).await;
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
    let ([mut ann], _) = connected::<1>(&app).await;
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
    let route = route().rate_limit(RateLimit::off());
    let app = start_with(route, |config| config.backpressure_limit_bytes = 64 << 20).await;
    let (clients, ids) = connected::<4>(&app).await;
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
    // Then come more counts, of which those of the process may be moved by other tests.
    let begins_with = |expected: String| {
        let stats = stats();
        assert!(stats.starts_with(&expected), "{stats}\n{expected}");
    };
    let limits = r#""refusedConnections":0,"rateLimited":0,"tooManyPings":0,"tooManyBadFrames":0,"messageTimeouts":0,"writeStalls":0,"inboundRefused":0,"inboundBytes":0,"admissionTimeouts":0,"handlerTimeouts":0,"joinsRefused":0,"tasksRefused":0,"#;
    begins_with(format!(
        r#"{{"connections":0,"rooms":0,"averageRoomSize":0.0,"sockets":0,"addresses":0,"dropped":0,{limits}"#
    ));
    let (_clients, ids) = connected::<3>(&app).await;
    for id in ids {
        app.manager.join_room(id, "a");
    }
    app.manager.join_room(ids[0], "b");
    begins_with(format!(
        r#"{{"connections":3,"rooms":2,"averageRoomSize":2.0,"sockets":3,"addresses":1,"dropped":0,{limits}"#
    ));
}
