//! A handler that holds its thread, and everybody else meanwhile.

mod common;

use common::start;
use orcs::prelude::*;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// How long the handler holds its thread if the other client is not heard meanwhile.
const AT_MOST: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_while_a_handler_holds_its_thread() {
    let (begin, has_begun) = mpsc::channel();
    let (let_go, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let route = ws("/ws")
        .on("hold", async move |_, _: ()| {
            begin.send(()).expect("the test listens");
            let held = held.lock().expect("one holder");
            Reply(held.recv_timeout(AT_MOST).is_ok())
        })
        .on("ask", async |_, _: ()| Reply("I am heard"));
    let app = start(route).await;
    let mut holder = app.connect("/ws").await;
    let mut other = app.connect("/ws").await;
    for _ in 0..50 {
        holder.send(r#"{"event":"hold","id":1}"#).await;
        // This is not a worker's thread.
        has_begun.recv().expect("the handler begins");
        other.send(r#"{"event":"ask","id":2}"#).await;
        assert_eq!(other.json().await["payload"], "I am heard");
        let_go.send(()).expect("the handler listens");
        assert_eq!(holder.json().await["payload"], true);
    }
}
