//! A handler that holds its thread, and everybody else meanwhile.

mod common;

use common::start;
use orcs::prelude::*;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// How long the handler holds its thread if the other client is not heard meanwhile.
const AT_MOST: Duration = Duration::from_secs(5);

/// Ends when the test lets go, with `true`, or after [`AT_MOST`].
struct Hold {
    route: Route,
    has_begun: mpsc::Receiver<()>,
    let_go: mpsc::Sender<()>,
}

fn hold() -> Hold {
    let (begin, has_begun) = mpsc::channel();
    let (let_go, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (timed_begin, timed) = (begin.clone(), Arc::clone(&held));
    let hold = |client: &Client, begin: &mpsc::Sender<()>, held: &Mutex<mpsc::Receiver<()>>| {
        client.to("all").send("soon", "I hold");
        begin.send(()).expect("the test listens");
        let held = held.lock().expect("one holder");
        held.recv_timeout(AT_MOST).is_ok()
    };
    let route = ws("/ws")
        .on("hold", async move |client, _: ()| {
            Reply(hold(&client, &begin, &held))
        })
        .on("hold-soon", async move |client, _: ()| {
            let (begin, held) = (timed_begin.clone(), Arc::clone(&timed));
            client.after(Duration::from_millis(1), async move |client| {
                let was_let_go = hold(&client, &begin, &held);
                client.send("let-go", &was_let_go);
            })
        });
    Hold {
        route,
        has_begun,
        let_go,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_handler_sends_before_it_holds_its_thread_is_written_meanwhile() {
    let Hold {
        route,
        has_begun,
        let_go,
    } = hold();
    let app = start(route.connect(async |client| client.join("all"))).await;
    let mut holder = app.connect("/ws").await;
    let mut other = app.connect("/ws").await;
    for _ in 0..50 {
        holder.send(r#"{"event":"hold","id":1}"#).await;
        has_begun.recv().expect("the handler begins");
        assert_eq!(other.expect("soon").await, "I hold");
        let_go.send(()).expect("the handler listens");
        assert_eq!(holder.expect("orcs:ack").await, true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_while_a_handler_holds_its_thread() {
    others_are_served_during(r#"{"event":"hold","id":1}"#, "orcs:ack").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_while_a_timer_holds_its_thread() {
    others_are_served_during(r#"{"event":"hold-soon"}"#, "let-go").await;
}

/// `ask` makes a thread be held until it is let go, of which the `end` tells.
async fn others_are_served_during(ask: &str, end: &str) {
    let Hold {
        route,
        has_begun,
        let_go,
    } = hold();
    let app = start(route.on("ask", async |_, _: ()| Reply("I am heard"))).await;
    let mut holder = app.connect("/ws").await;
    let mut other = app.connect("/ws").await;
    for _ in 0..50 {
        holder.send(ask).await;
        // This is not a worker's thread.
        has_begun.recv().expect("it begins");
        other.send(r#"{"event":"ask","id":2}"#).await;
        assert_eq!(other.json().await["payload"], "I am heard");
        let_go.send(()).expect("it listens");
        assert_eq!(holder.expect(end).await, true);
    }
}
