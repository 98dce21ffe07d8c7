//! Timers and tasks of a client: when they run, what a bad one costs, and how many there may be.

mod common;

use common::kit::{self, Counter, HOUR, SECOND, error_code, one, stats};
use common::log::lines_with;
use common::{start_with, within};
use orcs::Timer;
use orcs::prelude::*;
use orcs::testing::{self, TestClient};
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

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

/// Panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test]
async fn a_panic_or_a_failure_is_logged_and_the_next_run_comes() {
    assert!(lines_with(&["task failed"]).is_empty());
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
        let lines = lines_with(&[cause, &ann.id().to_string()]);
        assert_eq!(lines.len(), 1, "{cause}: {lines:?}");
        for part in [
            "ERROR",
            "task failed: ",
            "client=",
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
