//! Values that an app keeps with a client.

mod common;

use common::kit::stats;
use common::start;
use orcs::prelude::*;
use orcs::testing;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

#[derive(Debug, PartialEq)]
struct Tenant(&'static str);

#[derive(Default)]
struct Score(AtomicUsize);

#[tokio::test]
async fn a_value_is_found_by_its_type_whoever_kept_it() {
    let route = ws("/ws")
        .middleware(async |request| request.insert(Tenant("acme")))
        .connect(async |client| {
            assert_eq!(client.get::<Tenant>().as_deref(), Some(&Tenant("acme")));
            assert!(client.get::<Score>().is_none());
            client.insert(Score::default());
        })
        .on("hit", async |client, points: usize| {
            let score = client.get::<Score>().ok_or("no score")?;
            let before = score.0.fetch_add(points, Ordering::Relaxed);
            orcs::Result::Ok(Reply(before + points))
        })
        .on("move", async |client, ()| {
            client.insert(Tenant("umbrella"));
            Reply(client.get::<Tenant>().map(|tenant| tenant.0))
        })
        .on("quit", async |client, ()| {
            let score = client.remove::<Score>();
            assert!(client.remove::<Score>().is_none());
            Reply((score.is_some(), client.get::<Score>().is_some()))
        });
    let app = testing::start(route).await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    assert_eq!(ann.request::<usize>("hit", &3).await, 3);
    assert_eq!(ann.request::<usize>("hit", &4).await, 7);
    assert_eq!(bob.request::<usize>("hit", &1).await, 1, "each has its own");
    assert_eq!(ann.request::<String>("move", &()).await, "umbrella");
    let quit: (bool, bool) = ann.request("quit", &()).await;
    assert_eq!(quit, (true, false));
}

#[tokio::test]
async fn a_client_knows_since_when_it_is_here_and_from_where() {
    let route = ws("/ws")
        .on("whoami", async |client, ()| Reply(client.id()))
        .on("me", async |client, ()| {
            Reply((client.connected_at(), client.address()))
        });
    let app = start(route).await;
    let before = SystemTime::now();
    let mut ann = app.connect("/ws").await;
    let id = ann.id().await;
    let after = SystemTime::now();
    ann.send(r#"{"event":"me","id":1}"#).await;
    let me = ann.expect("orcs:ack").await;
    let me: (SystemTime, IpAddr) = serde_json::from_value(me).expect("a time and an address");
    assert!((before..=after).contains(&me.0), "{me:?}");
    assert_eq!(me.1, Ipv4Addr::LOCALHOST);
    let found = app.manager.client(id).expect("it is connected");
    assert_eq!((found.connected_at(), found.address()), me);
}

#[tokio::test]
async fn what_is_kept_is_there_in_disconnect_and_gone_behind_it() {
    struct Itself {
        _client: Client,
        _witness: Arc<()>,
    }
    let witness = Arc::new(());
    let kept = Arc::clone(&witness);
    let handles = Arc::new(Mutex::new(Vec::new()));
    let handed_out = Arc::clone(&handles);
    let told = Arc::new(AtomicUsize::new(0));
    let telling = Arc::clone(&told);
    let route = ws("/ws")
        .connect(async move |client| {
            client.insert(Itself {
                _client: client.clone(),
                _witness: Arc::clone(&kept),
            });
            handed_out.lock().unwrap().push(client);
        })
        .disconnect(async move |client, _close| {
            client.insert(7_usize);
            assert!(client.get::<Itself>().is_some());
            telling.fetch_add(*client.get().unwrap(), Ordering::Relaxed);
        });
    let app = testing::start(route).await;
    let ann = app.connect("/ws").await;
    assert_eq!(Arc::strong_count(&witness), 3);
    ann.cut().await;
    assert_eq!(told.load(Ordering::Relaxed), 7);
    let client = handles.lock().unwrap().pop().unwrap();
    assert!(client.get::<Itself>().is_none());
    assert_eq!(Arc::strong_count(&witness), 2, "the route's and ours");
    client.insert(Itself {
        _client: client.clone(),
        _witness: Arc::clone(&witness),
    });
    assert_eq!(Arc::strong_count(&witness), 2, "nothing is kept any more");
}

#[tokio::test]
async fn values_whose_drop_panics_keep_neither_each_other_nor_their_client() {
    struct First(Arc<AtomicUsize>);
    struct Second(Arc<AtomicUsize>);
    impl Drop for First {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("the first value's drop");
        }
    }
    impl Drop for Second {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("the second value's drop");
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let route = ws("/ws").connect(async move |client| {
        client.insert(First(Arc::clone(&counter)));
        client.insert(Second(Arc::clone(&counter)));
        client.join("lobby")
    });
    let app = testing::start(route).await;
    let ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    ann.cut().await;
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    assert_eq!((stats(&app).connections, stats(&app).rooms), (1, 1));
    app.manager().broadcast("news", &1);
    assert_eq!(bob.expect::<u32>("news").await, 1);
}
