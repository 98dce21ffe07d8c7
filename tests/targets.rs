//! Whom one can mean, and what can be done to them: users, one's own rooms, the others; send,
//! join, leave, disconnect.

mod common;

use common::rooms::{PATH, connected, route};
use common::{eventually, start, start_with, within};
use futures_util::StreamExt;
use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};
use orcs::{Delivery, Joined};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio_tungstenite::connect_async;

/// Its clients say what they want to whom they want.
fn talk(path: &str) -> Route<Option<Value>> {
    ws(path)
        .auth_optional::<Value>()
        .on("join", async |client, room: String| client.join(&room))
        .on("leave", async |client, room: String| client.leave(&room))
        .on("room", async |client, ()| Reply(client.room()))
        .on("is in", async |client, room: String| {
            Reply(client.is_in(&room))
        })
        .on("to all", async |client, text: String| {
            Reply(client.broadcast("said", &text).queued)
        })
        .on("to all and me", async |client, text: String| {
            client.others().include_self().send("said", &text)
        })
        .on("to my rooms", async |client, text: String| {
            Reply(client.own_rooms().send("said", &text).queued)
        })
        .on("to my rooms or all", async |client, text: String| {
            client.own_rooms().or_everyone().send("said", &text)
        })
        .on("to my rooms and me", async |client, text: String| {
            client.own_rooms().include_self().send("said", &text)
        })
        .on("to user", async |client, (user, text): (String, String)| {
            client.to_user(user).send("said", &text)
        })
        .on("bring", async |client, (from, to): (String, String)| {
            Reply(client.to(&from).join(&to))
        })
        .on("who", async |client, room: String| {
            Reply(client.to(&room).clients())
        })
        .disconnect(async |client, _close| {
            client
                .own_rooms()
                .send("left", &(client.room(), client.is_in("a")))
        })
}

async fn clients<const N: usize>(app: &TestApp) -> [TestClient; N] {
    let mut clients = Vec::new();
    for _ in 0..N {
        clients.push(app.connect("/ws").await);
    }
    clients.try_into().expect("there are N")
}

async fn join(client: &mut TestClient, rooms: &[&str]) {
    for room in rooms {
        client.request::<Value>("join", room).await;
    }
}

async fn hear(clients: &mut [TestClient], text: &str) {
    for client in clients {
        assert_eq!(client.expect::<String>("said").await, text);
    }
}

async fn hear_nothing(clients: &mut [TestClient]) {
    for client in clients {
        client.expect_nothing().await;
    }
}

#[tokio::test]
async fn a_broadcast_of_a_client_reaches_everybody_else() {
    let app = testing::start(Routes::new().add(talk("/ws")).add(talk("/other"))).await;
    let [mut ann, bob] = clients(&app).await;
    let mut others = [bob, app.connect("/other").await];
    assert_eq!(ann.request::<usize>("to all", "hi").await, 2);
    hear(&mut others, "hi").await;
    ann.expect_nothing().await;
    ann.send("to all and me", "all").await;
    hear(&mut others, "all").await;
    hear(&mut [ann], "all").await;
}

#[tokio::test]
async fn own_rooms_reach_each_client_once_and_not_their_own() {
    let app = testing::start(talk("/ws")).await;
    let [mut ann, mut in_a, mut in_both, mut elsewhere] = clients(&app).await;
    join(&mut in_a, &["a"]).await;
    join(&mut in_both, &["a", "b"]).await;
    join(&mut elsewhere, &["c"]).await;
    assert_eq!(
        ann.request::<usize>("to my rooms", "nobody").await,
        0,
        "it is in none"
    );
    join(&mut ann, &["a", "b"]).await;
    assert_eq!(ann.request::<usize>("to my rooms", "hi").await, 2);
    let mut others = [in_a, in_both];
    hear(&mut others, "hi").await;
    ann.expect_nothing().await;
    ann.send("to my rooms and me", "me too").await;
    hear(&mut others, "me too").await;
    let mut ann = [ann];
    hear(&mut ann, "me too").await;
    hear_nothing(&mut others).await;
    elsewhere.expect_nothing().await;
}

#[tokio::test]
async fn who_is_in_no_room_reaches_everybody_only_where_that_is_asked_for() {
    let app = testing::start(talk("/ws")).await;
    let [mut ann, bob] = clients(&app).await;
    ann.send("to my rooms", "nobody").await;
    ann.send("to my rooms or all", "all").await;
    let mut bob = [bob];
    hear(&mut bob, "all").await;
    join(&mut ann, &["a"]).await;
    ann.send("to my rooms or all", "nobody is in a").await;
    hear_nothing(&mut bob).await;
    ann.expect_nothing().await;
}

#[tokio::test]
async fn a_client_that_has_gone_still_speaks_to_the_rooms_it_was_in() {
    let app = testing::start(talk("/ws")).await;
    let [mut ann, mut bob, mut carol] = clients(&app).await;
    join(&mut ann, &["a", "b"]).await;
    join(&mut bob, &["a", "b"]).await;
    ann.close().await;
    let left: (String, bool) = bob.expect("left").await;
    assert_eq!(left, ("b".to_owned(), true), "once, and it knew its rooms");
    hear_nothing(&mut [bob]).await;
    carol.expect_nothing().await;
}

#[tokio::test]
async fn rooms_and_their_members_can_be_asked_for() {
    let app = testing::start(talk("/ws")).await;
    let [mut ann, mut bob] = clients(&app).await;
    let manager = app.manager();
    assert_eq!(manager.rooms(), [""; 0]);
    assert_eq!(ann.request::<Option<String>>("room", &()).await, None);
    join(&mut ann, &["b", "a", "c"]).await;
    join(&mut bob, &["a"]).await;
    assert_eq!(manager.rooms(), ["a", "b", "c"]);
    assert_eq!(
        (
            manager.room_size("a"),
            manager.room_size("b"),
            manager.room_size("x")
        ),
        (2, 1, 0)
    );
    assert!(manager.is_in(ann.id(), "b") && !manager.is_in(bob.id(), "b"));
    assert!(!manager.is_in(ann.id(), "x"));
    assert_eq!(
        ann.request::<Option<String>>("room", &()).await.as_deref(),
        Some("c")
    );
    ann.request::<Value>("leave", "c").await;
    assert_eq!(
        ann.request::<Option<String>>("room", &()).await.as_deref(),
        Some("a")
    );
    assert!(ann.request::<bool>("is in", "a").await);
    assert!(!ann.request::<bool>("is in", "c").await);
    let id = ann.id();
    ann.close().await;
    assert_eq!(manager.rooms(), ["a"]);
    assert_eq!(manager.room_size("a"), 1);
    assert!(!manager.is_in(id, "a"), "it is gone");
}

#[tokio::test]
async fn all_clients_can_be_walked_and_each_be_looked_up() {
    let app = testing::start(Routes::new().add(talk("/ws")).add(talk("/other"))).await;
    let ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    let phone = app.connect_as("/other", &json!({"sub": "ann"})).await;
    let mut bob = app.connect("/ws").await;
    let manager = app.manager();
    let ids = |clients: Vec<Client>| clients.iter().map(Client::id).collect::<BTreeSet<_>>();
    assert_eq!(
        ids(manager.clients()),
        BTreeSet::from([ann.id(), phone.id(), bob.id()])
    );
    assert_eq!(
        ids(manager.user_clients("ann")),
        BTreeSet::from([ann.id(), phone.id()])
    );
    assert!(manager.user_clients("bob").is_empty());
    let found = manager.client(bob.id()).expect("it is there");
    assert_eq!(found.send("said", "hi"), Delivery::Queued);
    assert_eq!(bob.expect::<String>("said").await, "hi");
    let (id, phone_id) = (bob.id(), phone.id());
    bob.close().await;
    ann.cut().await;
    assert!(manager.client(id).is_none());
    assert_eq!(found.send("said", "gone"), Delivery::Gone);
    assert_eq!(ids(manager.clients()), BTreeSet::from([phone_id]));
}

#[tokio::test]
async fn a_user_is_reached_on_all_devices() {
    let named = ws("/named")
        .admit(async |request| {
            request.identify("ann");
            Ok(())
        })
        .connect(async |client| client.join("a"));
    let app = testing::start(Routes::new().add(talk("/ws")).add(named)).await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    let mut phone = app.connect("/named").await;
    let mut number = app.connect_as("/ws", &json!({"user_id": 7})).await;
    let mut nobody = app.connect("/ws").await;
    let manager = app.manager();
    assert_eq!(manager.send_to_user("ann", "said", "one").queued, 2);
    assert_eq!(manager.send_to_user(7, "said", "seven").queued, 1);
    assert_eq!(manager.send_to_user("eve", "said", "nobody").queued, 0);
    let once = manager
        .to_user("ann")
        .to("a")
        .to_client(nobody.id())
        .except([ann.id()]);
    assert_eq!(once.send("said", "two").queued, 2, "each once");
    ann.send("to user", &("ann", "from my other device")).await;
    nobody.send("to user", &("ann", "from outside")).await;
    hear(std::slice::from_mut(&mut ann), "one").await;
    hear(std::slice::from_mut(&mut ann), "from outside").await;
    for text in ["one", "two", "from my other device", "from outside"] {
        hear(std::slice::from_mut(&mut phone), text).await;
    }
    hear(std::slice::from_mut(&mut number), "seven").await;
    hear(std::slice::from_mut(&mut nobody), "two").await;
    assert_eq!(manager.to_user("ann").send_binary(vec![1, 2]).queued, 2);
    assert_eq!(ann.expect_binary().await[..], [1, 2]);
    phone.close().await;
    assert_eq!(manager.send_to_user("ann", "said", "alone").queued, 1);
    assert_eq!(manager.to_user("ann").disconnect(4403, "banned"), 1);
    assert_eq!(
        manager.send_to_user("ann", "said", "gone").queued,
        0,
        "at once"
    );
    assert_eq!(ann.expect_close().await.code, 4403);
}

#[tokio::test]
async fn a_target_moves_whom_it_means() {
    let app = testing::start(talk("/ws")).await;
    let [mut ann, mut bob, mut carol] = clients(&app).await;
    join(&mut ann, &["a"]).await;
    join(&mut bob, &["a", "b"]).await;
    let manager = app.manager();
    let everybody = |target: orcs::Target| target.clients().into_iter().collect::<BTreeSet<_>>();
    assert_eq!(
        everybody(manager.to("a")),
        BTreeSet::from([ann.id(), bob.id()])
    );
    assert_eq!(manager.to("a").join("b"), 1, "bob was there");
    assert_eq!(
        everybody(manager.to("b")),
        BTreeSet::from([ann.id(), bob.id()])
    );
    assert_eq!(
        manager.to("b").send("said", "hi").queued,
        2,
        "it sees what it did"
    );
    assert_eq!(manager.everyone().except([ann.id()]).join("c"), 2);
    assert_eq!(
        manager.to("a").to("c").leave("b"),
        2,
        "carol was never there"
    );
    assert_eq!(manager.room_size("b"), 0);
    assert_eq!(manager.to("a").except_room("c").leave("a"), 1, "ann");
    assert_eq!(manager.get_room_clients("a"), [bob.id()]);
    assert_eq!(manager.to("nowhere").join("a"), 0);
    let left_out = bob.request::<usize>("bring", &("a", "d")).await;
    assert_eq!(left_out, 0, "what begins at a client leaves it out");
    assert_eq!(carol.request::<usize>("bring", &("c", "d")).await, 1);
    assert_eq!(manager.get_room_clients("d"), [bob.id()]);
    assert_eq!(carol.request::<Vec<ClientId>>("who", "c").await, [bob.id()]);
    assert_eq!(ann.expect::<String>("said").await, "hi");
}

#[tokio::test]
async fn a_target_closes_whom_it_means() {
    let app = testing::start(talk("/ws")).await;
    let [mut ann, mut bob, mut carol] = clients(&app).await;
    join(&mut ann, &["a"]).await;
    join(&mut bob, &["a", "b"]).await;
    let manager = app.manager();
    manager.to("a").send("said", "farewell");
    assert_eq!(manager.to("a").disconnect(4000, "the game is over"), 2);
    assert_eq!(
        (manager.rooms().len(), manager.get_stats().connections),
        (0, 1)
    );
    assert_eq!(manager.to("a").disconnect(4000, "again"), 0);
    for client in [&mut ann, &mut bob] {
        assert_eq!(
            client.expect::<String>("said").await,
            "farewell",
            "it came before"
        );
        let close = client.expect_close().await;
        assert_eq!((close.code, &*close.reason), (4000, "the game is over"));
    }
    carol.expect_nothing().await;
}

#[tokio::test]
async fn rules_and_limits_hold_for_those_whom_a_target_puts_into_a_room() {
    let rules = |rules: RoomRules| Routes::new().add(talk("/ws")).rooms("full", rules);
    let app = testing::start(rules(RoomRules::new().capacity(2)).rooms(
        "ann's",
        RoomRules::new().may_join(|client, _| client.user() == Some("ann")),
    ))
    .await;
    let ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    let _others: [TestClient; 3] = clients(&app).await;
    let manager = app.manager();
    let before = manager.get_stats().joins_refused;
    assert_eq!(manager.everyone().join("full"), 2);
    assert_eq!(manager.room_size("full"), 2);
    assert_eq!(manager.everyone().join("ann's"), 1);
    assert_eq!(manager.get_room_clients("ann's"), [ann.id()]);
    assert_eq!(manager.everyone().join(""), 0, "no room's name");
    assert_eq!(manager.get_stats().joins_refused - before, 2 + 3);
}

/// While the first of them is let in, another leaves the room by which all were meant, and
/// somebody else comes in.
#[tokio::test]
async fn who_is_meant_is_fixed_before_the_first_of_them_is_moved() {
    let swap: Arc<OnceLock<(ClientId, ClientId)>> = Arc::default();
    let rule = {
        let swap = Arc::clone(&swap);
        RoomRules::new().may_join(move |client, _room| {
            let manager = client.manager();
            let (leaves, comes) = swap.get().expect("it was set");
            manager.leave_room(*leaves, "a");
            manager.join_room(*comes, "a");
            true
        })
    };
    let app = testing::start(Routes::new().add(talk("/ws")).rooms("b", rule)).await;
    let [mut ann, mut bob, carol] = clients(&app).await;
    join(&mut ann, &["a"]).await;
    join(&mut bob, &["a"]).await;
    swap.set((bob.id(), carol.id())).expect("set once");
    let manager = app.manager();
    assert_eq!(manager.to("a").join("b"), 2);
    let members = |room| BTreeSet::from_iter(manager.get_room_clients(room));
    assert_eq!(members("a"), BTreeSet::from([ann.id(), carol.id()]));
    assert_eq!(members("b"), BTreeSet::from([ann.id(), bob.id()]));
}

/// What was sent to a room before a target put somebody in is not heard by him, what is sent
/// behind is, however busy the rooms are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_put_into_a_room_hears_what_is_sent_from_then_on() {
    let app = start_with(route(), |config| config.backpressure_limit_bytes = 64 << 20).await;
    let ([mut ann, mut bob], [ann_id, bob_id]) = connected(&app).await;
    for id in [ann_id, bob_id] {
        assert_eq!(app.manager.join_room(id, "lobby"), Joined::Now);
    }
    let manager = app.manager.clone();
    let noise = tokio::task::spawn_blocking(move || {
        for _ in 0..500 {
            manager.to("lobby").to("game").send("noise", &());
        }
    });
    let manager = app.manager.clone();
    let mover = tokio::task::spawn_blocking(move || {
        for round in 0..200 {
            assert_eq!(manager.to("game").send("n", &(round, "before")).queued, 0);
            assert_eq!(manager.to("lobby").join("game"), 2);
            assert_eq!(manager.to("game").send("n", &(round, "while")).queued, 2);
            assert_eq!(manager.to("game").leave("game"), 2);
            assert_eq!(manager.to("game").send("n", &(round, "after")).queued, 0);
        }
        manager.broadcast("n", &());
    });
    for client in [&mut ann, &mut bob] {
        let mut heard = Vec::new();
        loop {
            let envelope = client.json().await;
            match &envelope["payload"] {
                Value::Null if envelope["event"] == "n" => break,
                payload if envelope["event"] == "n" => heard.push(payload.clone()),
                _ => {}
            }
        }
        let expected: Vec<_> = (0..200).map(|round| json!([round, "while"])).collect();
        assert_eq!(heard, expected);
    }
    within(noise).await.unwrap();
    within(mover).await.unwrap();
}

/// Who is meant is fixed when the target acts: some of them go meanwhile, and nobody of them
/// stays behind anywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_target_that_acts_while_clients_come_and_go_leaves_nobody_behind() {
    let app = start(route()).await;
    let (manager, is_over) = (app.manager.clone(), Arc::new(AtomicBool::new(false)));
    let over = Arc::clone(&is_over);
    let acting = tokio::task::spawn_blocking(move || {
        let mut closed = 0;
        while !over.load(Ordering::Relaxed) {
            let everyone = manager.everyone();
            everyone.join("a");
            manager.to("a").join("b");
            everyone.leave("a");
            closed += manager.to("b").disconnect(4000, "out");
            assert_eq!(manager.room_size("b"), 0, "nobody else lets them in");
        }
        closed
    });
    let visitors: Vec<_> = (0..8)
        .map(|number| {
            let url = format!("ws://{}{PATH}", app.address);
            tokio::spawn(async move {
                for turn in 0..20 {
                    // Who is closed very soon may not even hear that it was let in.
                    let Ok((mut stream, _)) = connect_async(&url).await else {
                        continue;
                    };
                    if (turn + number) % 2 == 0 {
                        within(async { while let Some(Ok(_)) = stream.next().await {} }).await;
                    }
                }
            })
        })
        .collect();
    for visitor in visitors {
        visitor.await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(within(acting).await.unwrap() > 0);
    app.empties().await;
    assert!(app.manager.clients().is_empty());
}

#[tokio::test]
async fn a_user_and_a_clients_own_rooms_are_reached_over_the_network() {
    let app = start(talk("/ws")).await;
    let url = |sub: &str| format!("/ws?token={}", common::token(sub));
    let mut ann = app.connect(&url("ann")).await;
    let mut phone = app.connect(&url("ann")).await;
    let mut bob = app.connect(&url("bob")).await;
    assert_eq!(app.manager.send_to_user("ann", "said", "one").queued, 2);
    for client in [&mut ann, &mut bob] {
        client.emit("join", "a").await;
    }
    let manager = app.manager.clone();
    eventually(move || manager.room_size("a") == 2).await;
    bob.emit("to my rooms", "two").await;
    ann.emit("to user", json!(["ann", "three"])).await;
    bob.emit("to all", "four").await;
    for (client, texts) in [
        (&mut ann, vec!["one", "two", "four"]),
        (&mut phone, vec!["one"]),
    ] {
        for text in texts {
            assert_eq!(client.expect("said").await, text);
        }
    }
    let mut rest = [phone.expect("said").await, phone.expect("said").await];
    rest.sort_by_key(Value::to_string);
    assert_eq!(rest, ["four", "three"], "of two clients, in either order");
}
