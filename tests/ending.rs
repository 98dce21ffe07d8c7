//! What a client's timers and tasks leave behind when its connection ends: nothing.

mod common;

use common::kit::{Counter, HOUR, SECOND, one, stats};
use common::{eventually, start_with};
use orcs::ReadyState;
use orcs::prelude::*;
use orcs::testing;
use serde_json::Value;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// What became of the timer, the alarm and the task of a client, each of which holds a guard.
struct Bound {
    ticks: Counter,
    dropped: Counter,
    /// How many ticks there had been when a `disconnect` of ten seconds began, and when it ended.
    around_disconnect: mpsc::UnboundedReceiver<(usize, usize)>,
}

fn bound() -> (Route, Bound) {
    let (ticks, dropped) = (Counter::default(), Counter::default());
    let (told, around_disconnect) = mpsc::unbounded_channel();
    let (counted, guarded) = (ticks.clone(), dropped.clone());
    let seen = ticks.clone();
    let route = ws("/ws")
        .connect(async move |client| {
            let (ticks, guard) = (counted.clone(), Arc::new(guarded.guard()));
            client.every(SECOND, async move |_client| {
                let _held = &guard;
                ticks.count();
            });
            let guard = Arc::new(guarded.guard());
            client.after(HOUR, async move |_client| {
                let _held = &guard;
            });
            let (guard, kept) = (guarded.guard(), client.clone());
            client.spawn(async move {
                let _held = (guard, kept);
                loop {
                    sleep(SECOND).await;
                }
            });
        })
        .on("say", async |_client, number: u32| Reply(number))
        .disconnect(async move |_client, _close| {
            let before = seen.get();
            sleep(10 * SECOND).await;
            told.send((before, seen.get())).expect("the test listens");
        });
    let bound = Bound {
        ticks,
        dropped,
        around_disconnect,
    };
    (route, bound)
}

impl Bound {
    async fn have_ended(&mut self) {
        let (before, after) = self.around_disconnect.recv().await.expect("it is told");
        assert_eq!((before, after, self.ticks.get()), (3, 3, 3));
        assert_eq!(self.dropped.get(), 3, "all that a task held is dropped");
    }
}

#[tokio::test]
async fn all_end_when_disconnect_begins_whatever_ended_the_connection() {
    for end in ["close", "cut", "kick", "silence", "shutdown"] {
        let (route, mut bound) = bound();
        // Between the third tick and the fourth, if nothing comes from it.
        let route = route.idle_timeout(3 * SECOND + SECOND / 2);
        let app = testing::start(route).await;
        let mut ann = app.connect("/ws").await;
        ann.go_silent();
        app.advance(3 * SECOND).await;
        assert_eq!((bound.ticks.get(), bound.dropped.get()), (3, 0), "{end}");
        match end {
            "close" => ann.close().await,
            "cut" => ann.cut().await,
            "kick" => assert!(app.manager().disconnect(ann.id(), 4000, "kicked")),
            "silence" => assert_eq!(ann.expect_close().await.code, 4408),
            _ => app.shutdown().await,
        }
        bound.have_ended().await;
    }
}

#[tokio::test]
async fn nothing_begins_in_or_after_disconnect() {
    let (sender, mut gone) = mpsc::unbounded_channel();
    let dropped = Counter::default();
    let guarded = dropped.clone();
    let route = ws("/ws").disconnect(async move |client, _close| {
        let guard = guarded.guard();
        let spawned = client.spawn(async move { drop(guard) });
        let timer = client.after(SECOND, async |client| client.send("late", &()));
        let begun = [spawned.is_running(), timer.is_running()];
        sender.send((client, begun)).expect("the test listens");
    });
    let (app, ann) = one(route).await;
    ann.cut().await;
    let (client, begun) = gone.recv().await.expect("`disconnect` has run");
    assert_eq!((begun, dropped.get()), ([false, false], 1));
    let timer = client.every(SECOND, async |client| client.send("late", &()));
    assert!(!timer.is_running());
    assert_eq!(stats(&app).tasks_refused, 0, "that is no limit");
}

#[tokio::test]
async fn a_kept_timer_keeps_nothing_of_its_client() {
    struct Data(Arc<()>);
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    let (sender, mut timers) = mpsc::unbounded_channel();
    let data = Arc::new(Mutex::new(Some(held)));
    let route = ws("/ws")
        .admit(async move |_request| {
            let held = data.lock().unwrap().take().ok_or("only once")?;
            Ok(Data(held))
        })
        .connect(async move |client| {
            let held = Arc::clone(&client.data().0);
            let timer = client.every(SECOND, async move |client| {
                assert!(Arc::ptr_eq(&held, &client.data().0));
            });
            sender.send(timer).expect("the test listens");
            let kept = client.clone();
            let task = client.spawn(async move {
                sleep(HOUR).await;
                drop(kept);
            });
            sender.send(task).expect("the test listens");
        });
    let app = testing::start(route).await;
    let ann = app.connect("/ws").await;
    app.advance(5 * SECOND).await;
    assert!(weak.strong_count() > 1);
    ann.cut().await;
    app.advance(SECOND).await;
    assert_eq!(Weak::strong_count(&weak), 0);
    for _ in 0..2 {
        assert!(!timers.recv().await.expect("a timer").is_running());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_of_many_that_come_and_go_leave_nothing() {
    let (running, dropped) = (Counter::default(), Counter::default());
    let (counted, guarded) = (running.clone(), dropped.clone());
    let route = ws("/ws").on("go", async move |client, ()| {
        for _ in 0..20 {
            counted.count();
            let guard = Arc::new(guarded.guard());
            client.every(Duration::from_millis(1), async move |client| {
                let _held = &guard;
                client.send("tick", &());
            });
        }
    });
    let app = start_with(route, |_| {}).await;
    for _ in 0..25 {
        let mut ann = app.connect("/ws").await;
        ann.emit("go", ()).await;
        ann.expect("tick").await;
        // Without a word, while ticks are running.
        drop(ann);
    }
    app.empties().await;
    eventually(move || running.get() == 500 && dropped.get() == 500).await;
}

#[tokio::test]
async fn the_ready_state_tells_how_far_a_connection_is() {
    let (sender, mut states) = mpsc::unbounded_channel();
    let (in_connect, in_disconnect) = (sender.clone(), sender.clone());
    let route = ws("/ws")
        .connect(async move |client| {
            in_connect
                .send((client.clone(), client.ready_state()))
                .expect("the test listens");
        })
        .on("quit", async |client, ()| {
            client.close(1000, "bye");
            let state = client.ready_state();
            sleep(SECOND).await;
            assert_eq!(state, ReadyState::Closing);
        })
        .disconnect(async move |client, _close| {
            let state = client.ready_state();
            in_disconnect
                .send((client, state))
                .expect("the test listens");
        });
    let app = testing::start(route).await;
    for (end, in_disconnect) in [("cut", ReadyState::Closed), ("close", ReadyState::Closing)] {
        let mut ann = app.connect("/ws").await;
        let (client, state) = states.recv().await.expect("`connect` has run");
        assert_eq!(state, ReadyState::Open);
        assert_eq!(client.ready_state(), ReadyState::Open);
        match end {
            "cut" => ann.cut().await,
            _ => ann.close().await,
        }
        let (_, state) = states.recv().await.expect("`disconnect` has run");
        assert_eq!(state, in_disconnect, "{end}");
        app.advance(SECOND).await;
        assert_eq!(client.ready_state(), ReadyState::Closed);
    }
    let numbers = [
        ReadyState::Connecting,
        ReadyState::Open,
        ReadyState::Closing,
        ReadyState::Closed,
    ];
    assert_eq!(numbers.map(|state| state as u8), [0, 1, 2, 3]);
    let mut bob = app.connect("/ws").await;
    bob.send("quit", &Value::Null).await;
    assert_eq!(bob.expect_close().await.code, 1000);
}
