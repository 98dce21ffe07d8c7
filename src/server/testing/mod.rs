//! Drives an app's routes in this process: no port, no sleep, a clock of one's own.
//!
//! Behind the feature `testing`, for `[dev-dependencies]`. Everything but TCP and HTTP
//! is the real thing: frames, handlers, rooms, timers. The clock stands still and jumps
//! ahead when all tasks wait, so a test that waits costs no time and a client that is
//! expected to hear nothing is certain to.
//!
//! ```
//! use orcs::prelude::*;
//! use serde_json::{Value, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let chat = ws("/ws/chat")
//!     .connect(async |client| client.join("general"))
//!     .on("message", async |client, text: String| client.to("general").send("message", &text));
//!
//! let app = orcs::testing::start(chat).await;
//! let mut ann = app.connect("/ws/chat").await;
//! let mut bob = app.connect("/ws/chat").await;
//! ann.send("message", &"hi").await;
//! assert_eq!(bob.expect::<String>("message").await, "hi");
//! ann.expect_nothing().await;
//! assert_eq!(app.manager().get_room_clients("general"), [ann.id(), bob.id()]);
//! # }
//! ```

mod client;
mod ear;
mod memory;

pub use client::TestClient;

use super::app::App;
use super::farewell;
use super::front::Front;
use super::offered::Offered;
use super::reception::Knock;
use super::shutdown::{ShutdownHandle, Tasks};
use crate::admit::Asked;
use crate::auth::{self, Carriers};
use crate::config::{Config, Secret};
use crate::manager::WebSocketManager;
use crate::route::Routes;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{self, Instant};

/// Starts routes with the default settings and a secret for tests.
///
/// # Panics
///
/// When the routes could not start either; on a runtime with several threads, because
/// its clock cannot be stopped (use `#[tokio::test]`).
pub async fn start(routes: impl Into<Routes>) -> TestApp {
    start_app(|config| App::new(config, routes)).await
}

/// Starts an app that is built from these settings: `start_app(|config| App::new(config, routes).state(db))`.
///
/// # Panics
///
/// As [`start`].
pub async fn start_app(build: impl FnOnce(Config) -> App) -> TestApp {
    stop_the_clock();
    let mut config = Config::default();
    config.jwt_secret = Some(Secret::new(SECRET));
    let (front, handle, tasks) = build(config)
        .checked()
        .and_then(App::assemble)
        .expect("the app starts");
    TestApp {
        front,
        handle,
        tasks,
    }
}

/// A running app without a port.
pub struct TestApp {
    front: Arc<Front>,
    handle: ShutdownHandle,
    tasks: Tasks,
}

impl TestApp {
    /// Connects a client. The path is written as a client sends it, and may carry a query:
    /// `"/rooms/a%20b?user=ann"`, `"/ws/chat?token=.."`.
    ///
    /// # Panics
    ///
    /// When there is no such route; the text names those there are. When the route requires a
    /// subprotocol.
    pub async fn connect(&self, path: &str) -> TestClient {
        self.connect_offering(path, &[]).await
    }

    /// Connects a client that offers subprotocols, as `new WebSocket(url, ["chat.v2", "chat.v1"])`
    /// does; [`TestClient::subprotocol`] is what was picked. A token may be among them.
    ///
    /// # Panics
    ///
    /// As [`TestApp::connect`], when none of them is one that the route requires.
    pub async fn connect_offering(&self, path: &str, subprotocols: &[&str]) -> TestClient {
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        let (entrance, params) = self.front.entrance(path).unwrap_or_else(|| {
            panic!(
                "no route `{path}`; there are: {}",
                self.front.paths().join(", ")
            );
        });
        let query = query.unwrap_or_default();
        let offered = Offered::read(&entrance.table, subprotocols);
        if offered.agreed.is_none()
            && let Some(why) = entrance.table.subprotocols.missing()
        {
            panic!("{path}: {why}");
        }
        let knock = Knock {
            asked: Asked {
                path: path.to_owned(),
                query: auth::without_token(query),
                address: Some(Ipv4Addr::LOCALHOST.into()),
                params,
                subprotocol: offered.agreed,
                ..Asked::default()
            },
            token: Carriers {
                query: Some(query),
                subprotocols,
                ..Carriers::default()
            }
            .find(),
            csrf_token: offered.csrf_token,
        };
        let admitted = self.front.admit(entrance, knock).await;
        let guest = self.front.guest(entrance, admitted).expect("randomness");
        let (near, far) = memory::pair();
        let client = TestClient::new(guest.id, near, offered.echoed);
        let census = self.front.manager.hub().census();
        let visit = Arc::new(census.enter(Ipv4Addr::LOCALHOST.into()));
        let connection = self.front.connect(guest, far, &[], visit);
        tokio::spawn(connection);
        settle().await;
        client
    }

    /// Connects a client with a valid token: `app.connect_as("/ws/private", &json!({"sub": "ann"}))`.
    ///
    /// Claims without an `exp` get one, an hour from now; `iss` and `aud` are the settings'.
    ///
    /// # Panics
    ///
    /// As [`TestApp::connect`]; when the claims are no JSON object.
    pub async fn connect_as(&self, path: &str, claims: &impl Serialize) -> TestClient {
        let token = self.token(claims);
        self.connect(&format!("{path}?token={token}")).await
    }

    /// Signs claims as [`TestApp::connect_as`] does.
    ///
    /// # Panics
    ///
    /// When the claims are no JSON object; when tokens are signed with a key pair, of which
    /// a server has only the public half.
    #[must_use]
    pub fn token(&self, claims: &impl Serialize) -> String {
        let config = self.front.config();
        let mut claims = serde_json::to_value(claims).expect("claims are JSON");
        let object = claims.as_object_mut().expect("claims are a JSON object");
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock after 1970");
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                object.entry(name).or_insert(value);
            }
        };
        add("exp", Some((now.as_secs() + 3600).into()));
        add("iss", config.jwt_issuer.clone().map(Value::from));
        add("aud", config.jwt_audience.clone().map(Value::from));
        let secret = config.jwt_secret.as_ref().expect("the kit has a secret");
        auth::sign_with(config.jwt_algorithm, &claims, secret.expose())
            .expect("claims are JSON, and JWT_ALGORITHM signs with a secret")
    }

    /// The manager: look into rooms, broadcast, kick.
    #[must_use]
    pub fn manager(&self) -> &WebSocketManager {
        &self.front.manager
    }

    /// Moves the clock, and lets everything that is due meanwhile happen at its time.
    pub async fn advance(&self, duration: Duration) {
        // And not `time::advance`, which is a pause: what is due meanwhile would come late.
        time::sleep(duration).await;
        settle().await;
    }

    /// Moves the clock as a machine finds it that was paused meanwhile: nothing happened, and
    /// everything that was due is late.
    ///
    /// Nobody is closed for a silence that could not be heard: clients are asked first.
    pub async fn pause(&self, duration: Duration) {
        time::advance(duration).await;
        settle().await;
    }

    /// Stops the app as Ctrl-C does: clients are closed with 1001. Waits for all handlers.
    pub async fn shutdown(self) {
        let Self {
            front,
            handle,
            mut tasks,
        } = self;
        handle.shutdown();
        let close = front.shutdown.close().expect("it was asked for");
        farewell::send_away(front.manager.hub(), &close, Duration::ZERO).await;
        drop(front);
        tasks.finished(Duration::ZERO).await;
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp")
            .field("paths", &self.front.paths())
            .finish_non_exhaustive()
    }
}

/// Lets everything happen that can happen now: a stopped clock moves on only when all
/// tasks wait.
async fn settle() {
    time::sleep(Duration::from_millis(1)).await;
}

/// `tokio::time::pause` panics when the clock stands still already, as under
/// `#[tokio::test(start_paused = true)]`.
fn stop_the_clock() {
    let before = Instant::now();
    std::thread::sleep(Duration::from_micros(10));
    if Instant::now() != before {
        time::pause();
    }
}

/// As long as the longest hash.
const SECRET: &str = "a secret for tests that everybody knows, as long as HS512 wants one";
