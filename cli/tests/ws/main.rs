//! `orcs ws` against an app over loopback, and against servers that are none.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

#[path = "../common/mod.rs"]
mod common;
mod foreign;
mod saying;
mod scripts;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod tokens;
#[cfg(target_os = "linux")]
mod typing;
