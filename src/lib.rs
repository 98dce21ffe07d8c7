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
//! # Typed events
//!
//! A type can carry its event's name: derive [`Event`](trait@Event), handle it with
//! [`Route::event`], send it with [`Client::send_event`].
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
//! `rejected` (a handler's own text), `forbidden`, `unauthorized`, `timeout`, `rate_limited`
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

pub use admit::{Refusal, Request, Verdict};
pub use bytes::Bytes;
pub use client::Client;
pub use close::{Close, Initiator, code as close_code};
pub use compression::Compression;
pub use config::{Config, Secret};
pub use error::{Error, Result};
pub use event::Event;
pub use hub::{Delivery, JoinError, Joined, Left, Sent, Stats};
pub use id::{ClientId, NotAClientId};
pub use manager::WebSocketManager;
pub use orcs_macros::Event;
pub use origin::Origins;
pub use profile::Profile;
pub use proxy::Proxies;
pub use rate_limit::RateLimit;
pub use reject::Reject;
pub use rooms::RoomRules;
pub use route::{Outcome, Payload, Reply, Route, Routes, ws};
#[cfg(feature = "testing")]
pub use server::testing;
pub use server::{App, Server, ShutdownHandle, csrf_tokens, serve};
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
        Bytes, Client, ClientId, Close, Compression, Event, Missed, Profile, RateLimit, Refusal,
        Reject, Reply, Request, RoomRules, Route, Routes, SlowConsumer, WebSocketManager, codec,
        ws,
    };
    pub use serde::{Deserialize, Serialize};
}

// The README's Rust is compiled and run with the other examples.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;
