//! Real-time apps over WebSockets: named events in, rooms out.
#![warn(unreachable_pub)]

mod admit;
pub mod auth;
mod client;
mod close;
mod config;
mod envelope;
mod error;
mod event;
mod hub;
mod id;
mod manager;
mod outgoing;
mod proto;
mod route;
mod server;
mod target;

pub use client::Client;
pub use close::{Close, Initiator, code};
pub use config::{Config, Secret};
pub use error::{Error, Result};
pub use event::Event;
pub use hub::{Delivery, JoinError, Joined, Left, Sent, Stats};
pub use id::{ClientId, NotAClientId};
pub use manager::WebSocketManager;
pub use orcs_macros::Event;
pub use route::{Outcome, Payload, Reply, Route, Routes, ws};
#[cfg(feature = "testing")]
pub use server::testing;
pub use server::{App, Server, ShutdownHandle, serve};
pub use target::Target;
pub use warp;

/// The current time as JavaScript's `toISOString` writes it: `2026-01-31T12:00:00.000Z`.
#[must_use]
pub fn timestamp() -> String {
    humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string()
}

/// What a file of routes needs: `use orcs::prelude::*;`.
pub mod prelude {
    pub use crate::{Client, ClientId, Close, Event, Reply, Route, Routes, WebSocketManager, ws};
    pub use serde::{Deserialize, Serialize};
}
