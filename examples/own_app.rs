//! For those who need more than `orcs::serve`: a listener of one's own, shared state,
//! the manager before the start, a job that broadcasts, HTTP that notifies, and a stop.
//!
//! Run it: `cargo run --example own_app`. Listen on `ws://localhost:4000/ws/ticks`;
//! `curl -X POST localhost:4000/announce/hello` tells everybody; it stops after a minute.

use orcs::prelude::*;
use orcs::warp::{self, Filter};
use orcs::{App, Config, Segment};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Shared by all handlers.
#[derive(Default)]
struct Visits(AtomicU64);

fn routes() -> Routes {
    let ticks = ws("/ws/ticks").connect(async |client| {
        let visits = client.state::<Visits>().0.fetch_add(1, Ordering::Relaxed) + 1;
        client.join("ticks");
        client.send("welcome", &visits);
    });
    Routes::new().add(ticks).http(|manager: WebSocketManager| {
        warp::post()
            .and(warp::path!("announce" / Segment))
            .map(move |text: Segment| {
                let sent = manager.broadcast("announcement", &*text);
                format!("told {} clients\n", sent.queued)
            })
    })
}

#[tokio::main]
async fn main() -> orcs::Result {
    let listener = std::net::TcpListener::bind("127.0.0.1:4000")?;
    let app = App::new(Config::load(|_| ())?, routes())
        .state(Visits::default())
        .listener(listener);
    let manager = app.manager();
    let server = app.start().await?;
    let stop = server.shutdown_handle();

    tokio::spawn(async move {
        for tick in 0..60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            manager.broadcast_to_room("ticks", "tick", &tick, []);
        }
        stop.shutdown();
    });
    server.finished().await
}
