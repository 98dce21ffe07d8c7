//! Routes whose clients are heard by each other only, and what is for one route.

mod common;

use common::{WebSocket, start, start_with, within};
use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};
use orcs::{Config, Target};
use serde_json::{Value, json};

const WAYS: [&str; 5] = ["all", "room", "two rooms", "own rooms", "user"];

fn target(client: &Client, way: &str) -> Target {
    match way {
        "all" => client.others(),
        "room" => client.to("a"),
        "two rooms" => client.to("a").to("b"),
        "own rooms" => client.own_rooms(),
        "user" => client.to_user("ann"),
        other => panic!("no such way: {other}"),
    }
}

/// All are ann's and in room `a`; they talk by whatever way they are told.
fn talk(path: &str) -> Route {
    ws(path)
        .admit(async |request| {
            request.identify("ann");
            Ok(())
        })
        .default_room("a")
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("say", async |client, way: String| {
            Reply(target(&client, &way).send("said", &way).queued)
        })
        .on("say bytes", async |client, way: String| {
            Reply(target(&client, &way).send_binary(way.into_bytes()).queued)
        })
        .on("say elsewhere", async |client, path: String| {
            let target = client.to("a").of_route(&path);
            Reply(target.send("said", "elsewhere").queued)
        })
}

/// Two clients of an isolated route, one of another such, one of an open one.
async fn app() -> (TestApp, [TestClient; 4]) {
    let routes = Routes::new()
        .add(talk("/left").isolated())
        .add(talk("/right").isolated())
        .add(talk("/open"));
    let app = testing::start(routes).await;
    let clients = [
        app.connect("/left").await,
        app.connect("/left").await,
        app.connect("/right").await,
        app.connect("/open").await,
    ];
    (app, clients)
}

#[tokio::test]
async fn what_begins_at_a_client_of_an_isolated_route_stays_there() {
    let (_app, [mut ann, mut bob, mut right, mut open]) = app().await;
    for way in WAYS {
        assert_eq!(ann.request::<usize>("say", way).await, 1, "{way}");
        assert_eq!(bob.expect::<String>("said").await, way);
        assert_eq!(ann.request::<usize>("say bytes", way).await, 1, "{way}");
        assert_eq!(bob.expect_binary().await[..], *way.as_bytes());
    }
    let elsewhere = ann.request::<usize>("say elsewhere", "/right").await;
    assert_eq!(elsewhere, 0, "it cannot be left by naming another route");
    for other in [&mut ann, &mut right, &mut open] {
        other.expect_nothing().await;
    }
    assert_eq!(
        right.request::<usize>("say", "all").await,
        0,
        "it is alone there"
    );
}

#[tokio::test]
async fn an_open_route_and_the_manager_reach_clients_of_all_routes() {
    let (app, [mut ann, mut bob, mut right, mut open]) = app().await;
    for way in WAYS {
        assert_eq!(open.request::<usize>("say", way).await, 3, "{way}");
        for other in [&mut ann, &mut bob, &mut right] {
            assert_eq!(other.expect::<String>("said").await, way);
        }
    }
    assert_eq!(
        app.manager()
            .broadcast_to_room("a", "said", "manager", [])
            .queued,
        4
    );
    assert_eq!(app.manager().broadcast("said", "manager").queued, 4);
}

#[tokio::test]
async fn one_route_can_be_meant() {
    let (app, [mut ann, bob, mut right, mut open]) = app().await;
    let manager = app.manager();
    assert_eq!(manager.route("/left").send("said", "left").queued, 2);
    let but_bob = manager.route("/left").except([bob.id()]);
    assert_eq!(but_bob.clients(), [ann.id()]);
    assert_eq!(
        manager
            .to("a")
            .of_route("/right")
            .send("said", "right")
            .queued,
        1
    );
    assert_eq!(
        manager
            .to_user("ann")
            .of_route("/open")
            .send("said", "open")
            .queued,
        1
    );
    assert_eq!(open.request::<usize>("say elsewhere", "/right").await, 1);
    assert_eq!(ann.expect::<String>("said").await, "left");
    assert_eq!(right.expect::<String>("said").await, "right");
    assert_eq!(right.expect::<String>("said").await, "elsewhere");
    assert_eq!(open.expect::<String>("said").await, "open");
    for path in ["/nowhere", "/left/", ""] {
        assert_eq!(manager.route(path).send("said", "nobody").queued, 0);
        assert_eq!(manager.to("a").of_route(path).clients(), []);
    }
    let both = manager.to("a").of_route("/left").of_route("/right");
    assert_eq!(both.send("said", "nobody").queued, 0, "nobody came by both");
    assert_eq!(manager.route("/left").join("b"), 2);
    assert_eq!(manager.route("/left").disconnect(1001, "closed"), 2);
    let connections = manager.get_stats().connections;
    assert_eq!((connections, manager.rooms()), (2, vec!["a".to_owned()]));
    for other in [&mut right, &mut open] {
        other.expect_nothing().await;
    }
}

/// Its last word counts, and it says nothing of what others send to its clients.
#[tokio::test]
async fn a_route_says_itself_whether_it_is_isolated() {
    let routes = Routes::new()
        .add(talk("/wide").isolated().server_wide())
        .add(talk("/narrow").server_wide().isolated());
    let app = testing::start(routes).await;
    let mut wide = app.connect("/wide").await;
    let mut narrow = app.connect("/narrow").await;
    assert_eq!(wide.request::<usize>("say", "room").await, 1);
    assert_eq!(narrow.request::<usize>("say", "room").await, 0);
    assert_eq!(narrow.expect::<String>("said").await, "room");
}

#[tokio::test]
async fn a_broadcast_stays_on_a_route_of_universal_api_and_on_no_other() {
    for (profile, reached) in [
        (Profile::Universal, 0),
        (Profile::Orcs, 1),
        (Profile::Candy, 1),
        (Profile::OpenSpeed, 1),
    ] {
        let speaking = ws("/speaking").profile(profile).csrf(false);
        let speaking = speaking.on("message", async |client, _: Value| {
            client.broadcast("said", "by broadcast");
            client.to("all").send("said", "by room");
        });
        let join = async |client: Client| client.join("all");
        let routes = Routes::new()
            .add(speaking.connect(join))
            .add(ws("/open").connect(join));
        let app = testing::start(routes).await;
        let mut ann = app.connect("/speaking").await;
        let mut bob = app.connect("/speaking").await;
        let mut open = app.connect("/open").await;
        ann.send_text(r#"{"type":"message","event":"message","payload":1}"#)
            .await;
        for way in ["by broadcast", "by room"] {
            assert!(bob.expect_text().await.contains(way), "{profile:?}");
            for _ in 0..reached {
                assert_eq!(open.expect::<String>("said").await, way, "{profile:?}");
            }
        }
        for client in [&mut ann, &mut bob, &mut open] {
            client.expect_nothing().await;
        }
    }
}

/// A target that is built before the start means the same later.
#[tokio::test]
async fn a_route_is_known_as_soon_as_the_app_is() {
    let mut early = None;
    let app = testing::start_app(|config: Config| {
        let app = orcs::App::new(config, talk("/left"));
        early = Some(app.manager().route("/left"));
        app
    })
    .await;
    let mut ann = app.connect("/left").await;
    let early = early.expect("it was built");
    assert_eq!(early.send("said", "hi").queued, 1);
    assert_eq!(ann.expect::<String>("said").await, "hi");
}

/// Its members come by an isolated route and by another: those of one route are handed what
/// they say one by one, and the room's other messages come by its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_members_of_an_isolated_route_hear_everything_in_one_order() {
    let routes = Routes::new()
        .add(talk("/left").isolated())
        .add(talk("/open"));
    let app = start_with(routes, |config| config.backpressure_limit_bytes = 64 << 20).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(app.connect("/left").await);
    }
    let mut stranger = app.connect("/open").await;
    stranger.id().await;
    let speakers = clients.len();
    let manager = app.manager.clone();
    for client in &mut clients {
        client.id().await;
    }
    assert_eq!(manager.room_size("a"), speakers + 1);
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let manager = manager.clone();
            tokio::task::spawn_blocking(move || {
                for number in 0..250 {
                    let all = manager.to("a");
                    let left = manager.to("a").of_route("/left");
                    let (target, members) = if sender % 2 == 0 { (left, 3) } else { (all, 4) };
                    let sent = target.send("n", &(sender, number));
                    assert_eq!(sent.queued, members);
                }
            })
        })
        .collect();
    for sender in senders {
        within(sender).await.unwrap();
    }
    manager.broadcast("n", &());
    let mut heard = Vec::new();
    for client in &mut clients {
        heard.push(until_null(client).await);
    }
    assert_eq!(heard[0].len(), 1000);
    assert!(heard.iter().all(|other| *other == heard[0]));
    let of_strangers: Vec<_> = heard[0]
        .iter()
        .filter(|pair| pair[0].as_u64().unwrap() % 2 == 1)
        .cloned()
        .collect();
    assert_eq!(until_null(&mut stranger).await, of_strangers);
}

/// Invariant 12, for what is handed out one by one.
#[tokio::test]
async fn a_direct_send_stays_behind_what_its_route_was_sent() {
    let routes = Routes::new()
        .add(talk("/left").isolated())
        .add(talk("/open"));
    let app = start(routes).await;
    let mut ann = app.connect("/left").await;
    let id = ann.id().await;
    let mut open = app.connect("/open").await;
    open.id().await;
    for number in 0..100 {
        app.manager.broadcast_to_room("a", "n", &(4 * number), []);
        app.manager.route("/left").send("n", &(4 * number + 1));
        app.manager.send_to_client(id, "n", &(4 * number + 2));
        app.manager.to_user("ann").send("n", &(4 * number + 3));
    }
    for number in 0..400 {
        assert_eq!(ann.expect("n").await, number);
    }
}

async fn until_null(client: &mut WebSocket) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let payload = client.expect("n").await;
        if payload == json!(null) {
            return heard;
        }
        heard.push(payload);
    }
}
