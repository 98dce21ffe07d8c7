//! What tests share that run an app in their own process: a route that answers, and clients
//! that say much at once.

use super::raw::{FIN, TEXT, masked};
use orcs::prelude::*;
use orcs::testing::{self, TestApp, TestClient};
use orcs::{App, Config, Stats};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Answers what it is told; `slow` takes ten seconds.
pub fn route() -> Route {
    ws("/ws")
        .connect(async |client| client.join("all"))
        .on("say", async |_client, number: u32| Reply(number))
        .on("slow", async |_client, ()| {
            tokio::time::sleep(Duration::from_secs(10)).await;
        })
        .binary(async |client, bytes: Bytes| client.send("bytes", &bytes.len()))
}

/// An app with some settings changed.
pub async fn app(routes: impl Into<Routes>, change: impl FnOnce(&mut Config)) -> TestApp {
    testing::start_app(|mut config| {
        change(&mut config);
        App::new(config, routes)
    })
    .await
}

/// An app of one route, and a client on it.
pub async fn one(route: Route) -> (TestApp, TestClient) {
    let app = testing::start(route).await;
    let client = app.connect("/ws").await;
    (app, client)
}

pub fn stats(app: &TestApp) -> Stats {
    app.manager().get_stats()
}

pub fn text(text: &str) -> Vec<u8> {
    masked(FIN | TEXT, text.as_bytes())
}

pub fn slow() -> Vec<u8> {
    text(r#"{"event":"slow"}"#)
}

pub fn say(number: u32) -> Vec<u8> {
    text(&said(number))
}

/// The envelope of which the answer is `number`.
pub fn said(number: u32) -> String {
    format!(r#"{{"event":"say","payload":{number},"id":{number}}}"#)
}

pub async fn say_all(client: &mut TestClient, numbers: impl IntoIterator<Item = u32>) {
    let bytes: Vec<u8> = numbers.into_iter().flat_map(say).collect();
    client.send_raw(&bytes).await;
}

pub async fn is_answered(client: &mut TestClient, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        assert_eq!(client.expect::<u32>("orcs:ack").await, number);
    }
}

/// The code of the error that comes next.
pub async fn error_code(client: &mut TestClient) -> String {
    let error: Value = client.expect("error").await;
    error["code"].as_str().expect("a code").to_owned()
}

/// Counts what handlers did.
#[derive(Clone, Default)]
pub struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts its own drop.
    pub fn guard(&self) -> Guard {
        Guard(self.clone())
    }
}

/// Held by what is expected to be dropped.
pub struct Guard(Counter);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.count();
    }
}
