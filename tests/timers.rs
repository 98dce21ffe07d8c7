//! Timers and tasks bound to a connection: when they run, what they cost, and that they end with it.

mod common;

use common::kit::{self, error_code, stats};
use common::{eventually, start_with, within};
use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};
use orcs::{ReadyState, Timer};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

async fn one(route: Route) -> (TestApp, TestClient) {
    kit::one(route).await
}

/// Counts its drops.
struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.0))
    }
}

async fn hears(client: &mut TestClient, event: &str, times: usize) {
    for _ in 0..times {
        client.expect::<()>(event).await;
    }
    client.expect_nothing().await;
}

#[tokio::test]
async fn a_timer_runs_at_each_period_and_an_alarm_once() {
    let (app, mut ann) = one(ws("/ws").connect(async |client| {
        client.every(SECOND, async |client| client.send("tick", &()));
        client.after(SECOND / 2, async |client| client.send("alarm", &()))
    }))
    .await;
    ann.expect_nothing().await;
    app.advance(SECOND / 2).await;
    hears(&mut ann, "alarm", 1).await;
    app.advance(3 * SECOND).await;
    hears(&mut ann, "tick", 3).await;
}

#[tokio::test]
async fn a_timer_knows_its_clients_data() {
    #[derive(Deserialize)]
    struct User {
        sub: String,
    }
    let route = ws("/ws").auth::<User>().connect(async |client| {
        client.after(SECOND, async |client| {
            client.send("you-are", &client.data().sub);
        })
    });
    let app = testing::start(route).await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    app.advance(SECOND).await;
    assert_eq!(ann.expect::<String>("you-are").await, "ann");
}

#[tokio::test]
async fn a_stopped_timer_does_not_run() {
    let (app, mut ann) = one(ws("/ws").connect(async |client| {
        let timers = [
            client.every(SECOND, async |client| client.send("tick", &())),
            client.after(SECOND, async |client| client.send("alarm", &())),
            client.clone().spawn(async move {
                sleep(SECOND).await;
                client.send("done", &())
            }),
        ];
        for timer in &timers {
            assert!(timer.is_running());
            timer.stop();
            timer.stop();
        }
        // What was cut is gone as soon as its task is looked at again.
        sleep(Duration::from_millis(1)).await;
        assert!(!timers.iter().any(Timer::is_running));
    }))
    .await;
    app.advance(HOUR).await;
    ann.expect_nothing().await;
}

#[tokio::test]
async fn a_timer_that_is_stopped_while_it_runs_runs_to_its_end() {
    let (sender, mut timers) = mpsc::unbounded_channel::<Timer>();
    let (app, mut ann) = one(ws("/ws").connect(async move |client| {
        let timer = client.every(SECOND, async |client| {
            sleep(SECOND / 2).await;
            client.send("ran", &());
        });
        sender.send(timer).expect("the test listens");
    }))
    .await;
    let timer = timers.recv().await.expect("a timer");
    app.advance(SECOND + SECOND / 4).await;
    timer.stop();
    app.advance(HOUR).await;
    hears(&mut ann, "ran", 1).await;
    assert!(!timer.is_running());
}

#[tokio::test]
async fn what_a_slow_run_misses_is_left_out() {
    let (app, mut ann) = one(ws("/ws").connect(async |client| {
        let runs = Counter::default();
        client.every(SECOND, async move |client| {
            client.send("begins", &());
            runs.count();
            if runs.get() == 1 {
                sleep(10 * SECOND + SECOND / 2).await;
            }
        })
    }))
    .await;
    app.advance(11 * SECOND).await;
    hears(&mut ann, "begins", 1).await;
    // The first took until 11.5; the rhythm is the old one.
    app.advance(3 * SECOND).await;
    hears(&mut ann, "begins", 3).await;
}

#[tokio::test]
async fn a_pause_of_the_process_is_followed_by_one_run() {
    let (app, mut ann) = one(ws("/ws")
        .connect(async |client| client.every(SECOND, async |client| client.send("tick", &()))))
    .await;
    app.pause(HOUR).await;
    hears(&mut ann, "tick", 1).await;
    app.advance(2 * SECOND).await;
    hears(&mut ann, "tick", 2).await;
}

#[tokio::test]
async fn no_period_is_too_short_or_too_long() {
    let (app, mut ann) = one(ws("/ws").connect(async |client| {
        client.every(Duration::MAX, async |client| client.send("never", &()));
        client.after(Duration::MAX, async |client| client.send("never", &()));
        client.after(Duration::ZERO, async |client| client.send("now", &()));
        let runs = Counter::default();
        let timer = client.every(Duration::ZERO, async move |_client| runs.count());
        sleep(SECOND).await;
        timer.stop();
    }))
    .await;
    app.advance(HOUR).await;
    hears(&mut ann, "now", 1).await;
}

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("nobody panics while logging");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().expect("nobody panics while logging");
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test]
async fn a_panic_or_a_failure_is_logged_and_the_next_run_comes() {
    let log = Log::default();
    let _listening = log.listen();
    let (app, mut ann) = one(ws("/ws")
        .connect(async |client| {
            let runs = Counter::default();
            client.every(SECOND, async move |client| -> orcs::Result {
                runs.count();
                match runs.get() {
                    1 => panic!("ouch"),
                    2 => Err("no luck".into()),
                    _ => {
                        client.send("fine", &());
                        Ok(())
                    }
                }
            });
            client.after(SECOND, async |_client| panic!("the alarm is broken"));
            client.spawn(async { panic!("spawned badly") });
            client.spawn(async {
                let _grenade = Grenade;
                std::future::pending::<()>().await;
            });
        })
        .on("say", async |_client, number: u32| Reply(number)))
    .await;
    app.advance(3 * SECOND).await;
    hears(&mut ann, "fine", 1).await;
    assert_eq!(ann.request::<u32>("say", &7).await, 7);
    ann.close().await;
    for cause in [
        "it panicked: ouch",
        "no luck",
        "it panicked: the alarm is broken",
        "it panicked: spawned badly",
        "it panicked: dropped",
    ] {
        let text = log.text();
        let lines: Vec<_> = text.lines().filter(|line| line.contains(cause)).collect();
        assert_eq!(lines.len(), 1, "{cause}: {text}");
        for part in [
            "ERROR",
            "task failed: ",
            &format!("client={}", ann.id()),
            "route=\"/ws\"",
            "at=tests/timers.rs:",
        ] {
            assert!(lines[0].contains(part), "{part}: {}", lines[0]);
        }
    }
}

#[tokio::test]
async fn thousands_are_refused_at_the_bound() {
    let route = ws("/ws")
        .on("alarm", async |client, ()| {
            client.after(HOUR, async |client| client.send("alarm", &()))
        })
        .on("many", async |client, number: usize| {
            let timers = (0..number).map(|_| client.after(HOUR, async |_client| ()));
            let timers: Vec<_> = timers.collect();
            Reply(timers.iter().filter(|timer| timer.is_running()).count())
        });
    let app = testing::start(route).await;
    let (mut ann, mut bob) = (app.connect("/ws").await, app.connect("/ws").await);
    assert_eq!(ann.request::<usize>("many", &5000).await, 64);
    assert_eq!(stats(&app).tasks_refused, 5000 - 64);
    // Who asked for it hears it.
    ann.send("alarm", &()).await;
    assert_eq!(error_code(&mut ann).await, "unavailable");
    // Each client has its own bound, and what has ended makes room.
    assert_eq!(bob.request::<usize>("many", &10).await, 10);
    app.advance(HOUR).await;
    assert_eq!(ann.request::<usize>("many", &5000).await, 64);
}

#[tokio::test]
async fn what_is_stopped_makes_room_at_once() {
    let (app, mut ann) = one(ws("/ws").on("debounce", async |client, number: usize| {
        let mut last = None::<Timer>;
        for _ in 0..number {
            last.inspect(Timer::stop);
            last = Some(client.after(SECOND, async |client| client.send("calm", &())));
        }
    }))
    .await;
    ann.request::<()>("debounce", &1000).await;
    app.advance(SECOND).await;
    hears(&mut ann, "calm", 1).await;
    assert_eq!(stats(&app).tasks_refused, 0);
}

#[tokio::test]
async fn the_settings_say_how_many_there_may_be() {
    let route = ws("/ws").on("many", async |client, ()| {
        let spawned = (0..10).map(|_| client.spawn(std::future::pending::<()>()));
        Reply(spawned.filter(|task| task.is_running()).count())
    });
    let app = kit::app(route, |config| config.max_tasks_per_client = 3).await;
    let mut ann = app.connect("/ws").await;
    assert_eq!(ann.request::<usize>("many", &()).await, 3);
}

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
async fn a_timer_may_be_begun_by_a_thread_that_knows_no_runtime() {
    let route = ws("/ws").on("soon", async |client, ()| {
        std::thread::spawn(move || {
            client.after(Duration::from_millis(1), async |client| {
                client.send("soon", &());
            });
        });
    });
    let app = start_with(route, |_| {}).await;
    let mut ann = app.connect("/ws").await;
    ann.emit("soon", ()).await;
    within(ann.expect("soon")).await;
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
