//! Real-time apps over WebSockets: named events in, rooms out.
//!
//! A client sends `{"event":"join","payload":{"room":"lobby"}}`, the route's `join`
//! handler runs, and the handler talks to rooms and clients through the
//! [`WebSocketManager`]. Any `new WebSocket(url)` that sends such envelopes works, and
//! receives envelopes, and bytes where the app sends them.
//!
//! # A route
//!
//! ```
//! use orcs::prelude::*;
//!
//! #[derive(Deserialize)]
//! struct Join { room: String }
//!
//! #[derive(Deserialize)]
//! struct Message { room: String, text: String }
//!
//! #[derive(Serialize)]
//! struct Said { from: ClientId, text: String, timestamp: String }
//!
//! pub fn chat() -> Route {
//!     ws("/ws/chat")
//!         .connect(async |client| client.join("general"))
//!         .on("join", async |client, Join { room }| client.join(&room))
//!         .on("message", message)
//!         .on("whoami", async |client, ()| Reply(client.id()))     // answers the envelope's `id`
//!         .disconnect(async |client, close| {
//!             client.to("general").send("user-left", &(client.id(), close.code));
//!         })
//! }
//!
//! async fn message(client: Client, Message { room, text }: Message) -> orcs::Result {
//!     if text.is_empty() {
//!         return Err("a message needs a text".into());             // the sender gets an error envelope
//!     }
//!     let said = Said { from: client.id(), text, timestamp: orcs::timestamp() };
//!     client.manager().broadcast_to_room(&room, "message", &said, [client.id()]);
//!     Ok(())
//! }
//! # let _ = chat();
//! ```
//!
//! A handler is an async function or closure of `(client, payload)`. Its payload is any
//! type serde can read; another shape is answered with the code `validation` before the
//! handler runs. It returns nothing, a [`Reply`], or an [`orcs::Result`](Result) of
//! either. One client's events are handled one after another, in the order they came;
//! a handler that waits holds up nobody else. One that computes or blocks for more than a
//! few milliseconds keeps a thread from all others: give that work to
//! [`tokio::task::spawn_blocking`]. Bytes are taken by [`Route::binary`].
//!
//! # Serving it
//!
//! ```no_run
//! # fn chat() -> orcs::Route { orcs::ws("/ws/chat") }
//! #[tokio::main]
//! async fn main() -> orcs::Result {
//!     let config = orcs::Config::load(|config| config.max_payload_bytes = 64 * 1024)?;
//!     orcs::serve(config, chat()).await
//! }
//! ```
//!
//! [`Config`] reads `.env` and the environment. Several routes, and HTTP beside them,
//! go into [`Routes`]; who needs the manager before the start, a listener of his own or
//! a shutdown handle takes [`App`].
//!
//! # Paths
//!
//! ```
//! use orcs::prelude::*;
//!
//! let room = ws("/rooms/{room}")                                  // or /rooms/:room
//!     .connect(async |client| {
//!         let room: String = client.param("room")?;               // `a b` of /rooms/a%20b
//!         client.join(&room);
//!         orcs::Result::Ok(())
//!     })
//!     .on("who", async |client, ()| Reply(client.query("name")));  // of ?name=ann
//! let order = ws("/orders/{id:[0-9]+}/**");
//! # let _ = (room, order);
//! ```
//!
//! [`ws`] lists what may stand in a path and which route counts when several fit;
//! [`Route::subprotocols`] agrees with a client on what is spoken.
//!
//! # Talking to clients
//!
//! ```
//! # use orcs::prelude::*;
//! # fn example(manager: &WebSocketManager, client: &Client) {
//! client.send("welcome", "hi");                                   // this client
//! client.to("lobby").send("news", "to the others in a room");
//! manager.broadcast("news", "to everyone");
//! manager.broadcast_to_room("lobby", "news", "but one", [client.id()]);
//! manager.to("a").to("b").except_room("c").send("news", "each client once");
//! manager.send_to_client(client.id(), "news", "by id");
//! client.to("lobby").send_binary(vec![0xCA, 0xFE]);               // bytes
//! client.broadcast("news", "to all others");
//! client.own_rooms().send("news", "to the others in all rooms this client is in");
//! manager.send_to_user("ann", "news", "to all devices of a user");
//! manager.route("/ws/chat").send("news", "to all clients of a route");
//! manager.to("lobby").join("game");                               // or leave, disconnect, clients
//! manager.disconnect(client.id(), 4000, "kicked");
//! println!("{:?}", manager.get_stats());
//! # }
//! ```
//!
//! Nothing of this waits: a message is written to the socket or into the client's
//! outbox, which is bounded (`WS_BACKPRESSURE_LIMIT`), and what became of it is
//! returned. Who gets a message is fixed at the call; messages to one client arrive in
//! the order of the calls.
//!
//! # Private routes
//!
//! ```
//! use orcs::prelude::*;
//!
//! #[derive(Deserialize)]
//! struct User { #[serde(rename = "sub")] id: String }
//!
//! fn notifications() -> Route<User> {
//!     ws("/ws/notifications").auth::<User>().connect(async |client| {
//!         client.join(&format!("user:{}", client.data().id));
//!     })
//! }
//! # let _ = notifications();
//! ```
//!
//! See [`Route::auth`] for where the token travels and how it is checked. A route may also let
//! its own code decide ([`Route::admit`]), look at requests before ([`Route::middleware`]), and
//! ask before an event is handled ([`Route::guard`]); rooms may have rules ([`RoomRules`]).
//!
//! ```
//! use orcs::prelude::*;
//!
//! let routes = Routes::new()
//!     .add(
//!         ws("/ws/table")
//!             .middleware(async |request| request.header("x-app").is_some())
//!             .admit(async |request| {
//!                 let name = request.query("name").ok_or("who are you?")?;
//!                 request.identify(&name);
//!                 Ok(name)
//!             })
//!             .on("sit", async |client, table: String| client.join(&table)),
//!     )
//!     .rooms("table:*", RoomRules::new().capacity(4).members_only());
//! # let _ = routes;
//! ```
//!
//! # Moments and rules
//!
//! What goes wrong in a handler, a route hears by [`Route::error`]; pings and pongs by
//! [`Route::ping`] and [`Route::pong`]. A single client may be given values
//! ([`Client::insert`]) and handlers of its own ([`Client::on`]), which go with it. What needs
//! no handler at all is a [`Rule`].
//!
//! ```
//! use orcs::prelude::*;
//!
//! struct Name(String);
//!
//! let quiz = ws("/ws/quiz")
//!     .reply("time", Rule::compute("time", |(): ()| Some(orcs::timestamp())))
//!     .on("name", async |client, name: String| client.insert(Name(name)))
//!     .on("ask", async |client, question: String| {
//!         client.send("question", &question);
//!         client.on("answer", async |client, answer: String| {
//!             client.off("answer");
//!             let name = client.get::<Name>().ok_or("who are you?")?;
//!             orcs::Result::Ok(client.to("quiz").send("answered", &(&name.0, answer)))
//!         });
//!     })
//!     .error(async |client, Failed { event, error, .. }| {
//!         println!("{}: {event}: {error}", client.id());
//!     });
//! # let _ = quiz;
//! ```
//!
//! One message is handled once: by the client's own handlers, else by the route's first rule
//! that fits or its handler, else by those of [`WebSocketManager::on`], else by
//! [`Route::fallback`].
//!
//! # Typed events
//!
//! A type can carry its event's name: derive [`Event`](trait@Event), handle it with
//! [`Route::event`], send it with [`Client::send_event`].
//!
//! # Timers
//!
//! What a client needs from time to time ends with its connection: [`Client::every`],
//! [`Client::after`], and [`Client::spawn`] for a future of any kind. Whether it is still there is
//! the routes' business: [`Route::idle_timeout`], [`Route::heartbeat`], and
//! [`Route::inactivity_timeout`] for who is there and does nothing.
//!
//! ```
//! use orcs::prelude::*;
//! use std::time::Duration;
//!
//! let quiz = ws("/ws/quiz")
//!     .heartbeat(Duration::from_secs(25))
//!     .on("begin", async |client, ()| {
//!         client.every(Duration::from_secs(1), async |client| client.send("tick", &()));
//!         client.after(Duration::from_secs(60), async |client| {
//!             client.close(1000, "time is up");
//!         });
//!     });
//! # let _ = quiz;
//! ```
//!
//! # Other codecs, and bytes
//!
//! A route may speak something else than envelopes: typed objects (`{"type":"join",..}`), JSON or
//! else text, text as it is, or a [codec] of your own; and any route may take bytes
//! ([`Route::binary`]). A room may have members of all kinds; each reads what it speaks. Clients
//! that were written for another server find their own in a [`Profile`].
//!
//! ```
//! use orcs::prelude::*;
//!
//! let echo = ws("/raw")
//!     .codec(codec::Raw)
//!     .on("message", async |_client, text: String| Reply(text))
//!     .binary(async |client, bytes: Bytes| client.send_binary(bytes));
//! # let _ = echo;
//! ```
//!
//! # Tests
//!
//! With the feature `testing`, the module `orcs::testing` drives routes in the test's
//! own process, without a port or a sleep.
//!
//! # On the wire
//!
//! Unless the route's [codec] is another one:
//!
//! | direction | message | when |
//! | --- | --- | --- |
//! | in | `{"event":"message","payload":{..}}` | an event |
//! | in | `{"event":"message","payload":{..},"id":7}` | an event that wants an answer |
//! | in | a binary message | what [`Route::binary`] handles; elsewhere it closes with 1003 |
//! | out | `{"event":"message","payload":{..}}` | a `send` |
//! | out | a binary message | a `send_binary` |
//! | out | `{"event":"orcs:ack","payload":..,"id":7}` | the answer: a [`Reply`], else `null` |
//! | out | `{"event":"error","payload":{"message":"..","code":".."}}` | what went wrong, with the `id` if there was one |
//!
//! Error codes: `bad_frame`, `reserved_event`, `unknown_event`, `validation`,
//! `rejected` (a handler's own text), `forbidden`, `not_found` ([`Client::param`]), `unauthorized`, `timeout`, `rate_limited`
//! (with `retry_after`, see [`RateLimit`]), `too_many_rooms`, `room_full`, `unavailable`,
//! `internal`, and whatever a handler gives to [`Error::new`]. Close codes: [`close_code`].
#![warn(unreachable_pub)]

mod admit;
pub mod auth;
mod client;
mod close;
pub mod codec;
mod compression;
mod config;
mod copy;
mod csrf;
mod envelope;
mod error;
mod event;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hub;
mod id;
mod json;
mod lock;
mod manager;
mod origin;
mod outgoing;
mod panic;
mod path;
mod profile;
mod proto;
mod proxy;
mod rate_limit;
mod reject;
mod rooms;
mod route;
mod search;
mod server;
mod slow;
mod target;
mod text;
mod turn_holder;

pub use admit::{Admits, FromToken, Refusal, Request, Verdict};
pub use bytes::Bytes;
pub use client::{Client, IntoBytes, Listener, ReadyState, Timer};
pub use close::{Close, Initiator, code as close_code};
pub use compression::Compression;
pub use config::{Config, Environment, LogFormat, Secret};
pub use error::{Error, ErrorOrText, Result};
pub use event::Event;
pub use hub::{Delivery, JoinError, Joined, Left, Sent, Stats};
pub use id::{ClientId, ClientIds, NotAClientId};
pub use manager::WebSocketManager;
pub use orcs_macros::Event;
pub use origin::Origins;
pub use profile::Profile;
pub use proxy::Proxies;
pub use rate_limit::RateLimit;
pub use reject::Reject;
pub use rooms::RoomRules;
pub use route::{
    Answers, AsyncFn1, AsyncFn2, AsyncFn3, Awaitable, Failed, NoData, Outcome, Payload, Reply,
    Route, Routes, Rule, ws,
};
#[cfg(feature = "testing")]
pub use server::testing;
pub use server::{App, Segment, Server, ShutdownHandle, bearer, csrf_tokens, files, serve};
pub use slow::{Missed, SlowConsumer};
pub use target::Target;
pub use warp;

/// The current time as JavaScript's `toISOString` writes it: `2026-01-31T12:00:00.000Z`.
#[must_use]
pub fn timestamp() -> String {
    humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string()
}

/// What a file of routes needs: `use orcs::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Bytes, Client, ClientId, Close, Compression, Event, Failed, Missed, Profile, RateLimit,
        Refusal, Reject, Reply, Request, RoomRules, Route, Routes, Rule, SlowConsumer,
        WebSocketManager, codec, ws,
    };
    pub use serde::{Deserialize, Serialize};
}

// The README's Rust is compiled and run with the other examples.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;

// And so is what each example of the seeds' documents has become.
#[cfg(all(doctest, feature = "testing"))]
mod from_the_seeds {
    #[doc = include_str!("../docs/from-the-seeds/orcs.md")]
    struct Orcs;
    #[doc = include_str!("../docs/from-the-seeds/candypack.md")]
    struct CandyPack;
    #[doc = include_str!("../docs/from-the-seeds/candypack-quick-reference.md")]
    struct CandyPackQuickReference;
    #[doc = include_str!("../docs/from-the-seeds/universal-api.md")]
    struct UniversalApi;
    #[doc = include_str!("../docs/from-the-seeds/openspeed.md")]
    struct OpenSpeed;
}
