//! The app that is attacked, with something for each attack to aim at.

use orcs::prelude::*;
use orcs::warp::{self, Filter, Rejection};
use orcs::{App, Config};
use serde_json::Value;
use serde_json::value::RawValue;
use std::future::pending;
use std::io::Read;
use std::thread;
use std::time::Duration;

/// Set for the process that is to be the server.
pub const WANTED: &str = "ORCS_UNDER_ATTACK";

/// The test that becomes the server then.
pub const TEST: &str = "the_server_under_attack_is_a_process_of_its_own";

/// Everybody may connect to it.
pub const OPEN: &str = "/ws";
/// Only with a token.
pub const PRIVATE: &str = "/private";
/// Plain texts and bytes, sent back as they came.
pub const RAW: &str = "/raw";
/// The same as [`OPEN`], with compression.
pub const COMPRESSED: &str = "/compressed";
/// The same as [`OPEN`], with the close codes of others.
pub const CANDY: &str = "/candy";
pub const OPEN_SPEED: &str = "/openspeed";
/// The same as [`OPEN`], where 20 messages a second are enough, and 100 at once.
pub const METERED: &str = "/metered";
/// Its `connect` does what the query says: `panic`, `hang` or `fail`. `never` nobody is let in.
pub const FRAGILE: &str = "/fragile";

/// The room that every bystander is in.
pub const SQUARE: &str = "square";

pub fn is_wanted() -> bool {
    std::env::var_os(WANTED).is_some()
}

/// Serves until the other end of standard input is gone, and with it whoever attacks.
pub fn run() {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let config = Config::load(|_| ()).expect("settings that can be read");
        let app = App::new(config, routes());
        tokio::spawn(tell_the_news(app.manager()));
        app.serve().await.expect("an app that can start");
    });
}

/// Numbers, one after another, for all bystanders.
async fn tell_the_news(manager: WebSocketManager) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for number in 0_u64.. {
        ticks.tick().await;
        manager.broadcast_to_room(SQUARE, "news", &number, []);
    }
}

fn routes() -> Routes {
    Routes::new()
        .add(talk(ws(OPEN)))
        .add(talk(ws(COMPRESSED).compression(Compression::on())))
        .add(talk(in_envelopes(CANDY, Profile::Candy).csrf(false)))
        .add(talk(in_envelopes(OPEN_SPEED, Profile::OpenSpeed)))
        .add(talk(
            ws(METERED).rate_limit(RateLimit::per_second(20).burst(100)),
        ))
        .add(private())
        .add(raw())
        .add(fragile())
        .rooms("members:*", RoomRules::new().members_only())
        .http(orcs::csrf_tokens)
        .http(http)
}

fn in_envelopes(path: &str, profile: Profile) -> Route {
    ws(path).profile(profile).codec(codec::Envelope)
}

/// What clients may do, and what goes wrong when they ask for it.
fn talk(route: Route) -> Route {
    route
        .on("echo", async |_client, payload: Box<RawValue>| {
            Reply(payload)
        })
        .on("read", async |_client, payload: Value| {
            Reply(payload.is_array())
        })
        .on("join", async |client, room: String| client.join(&room))
        .on("leave", async |client, room: String| client.leave(&room))
        .on("say", async |client, (room, text): (String, String)| {
            Reply(client.to(&room).send("said", &text).queued)
        })
        .on("download", async |client, bytes: usize| {
            client.send("large", &"x".repeat(bytes));
        })
        .on("panic", async |_client, ()| -> () {
            panic!("as it was asked to")
        })
        .on("hang", async |_client, ()| pending::<()>().await)
        .on("block", async |_client, milliseconds: u64| {
            thread::sleep(Duration::from_millis(milliseconds));
        })
        .on("fail", async |_client, text: String| -> orcs::Result {
            Err(text.parse::<u8>().expect_err("no number").into())
        })
        .on("complain", async |_client, text: String| -> orcs::Result {
            // As a database's error, which quotes what it was asked.
            Err(std::io::Error::other(text).into())
        })
        .guard("guarded", async |_client, ()| false)
        .on("guarded", async |_client, ()| ())
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "sub")]
    name: String,
}

fn private() -> Route<User> {
    ws(PRIVATE).auth::<User>().on("whoami", async |client, ()| {
        Reply(client.data().name.clone())
    })
}

fn raw() -> Route {
    ws(RAW)
        .codec(codec::Raw)
        .on("message", async |_client, text: String| Reply(text))
        .binary(async |client, bytes: Bytes| client.send_binary(bytes))
}

fn fragile() -> Route<String> {
    ws(FRAGILE)
        .admit(async |request| match request.query("how") {
            Some(how) if how == "never" => pending().await,
            how => Ok(how.unwrap_or_default()),
        })
        .connect(async |client| -> orcs::Result {
            match client.data().as_str() {
                "panic" => panic!("as it was asked to"),
                "hang" => pending().await,
                "fail" => Err("x".parse::<u8>().expect_err("no number").into()),
                _ => Ok(()),
            }
        })
}

/// `/stats`, and `/kick/USER/CODE/REASON` as an admin's page has it.
fn http(
    manager: WebSocketManager,
) -> impl Filter<Extract = (impl warp::Reply,), Error = Rejection> + Clone {
    let counts = manager.clone();
    let stats = warp::path!("stats").map(move || warp::reply::json(&counts.get_stats()));
    let kick = warp::path!("kick" / String / u16 / String).map(
        move |user: String, code: u16, reason: String| {
            warp::reply::json(&manager.disconnect_user(user, code, &reason))
        },
    );
    warp::get().and(stats.or(kick))
}
