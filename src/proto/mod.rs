//! RFC 6455 as pure functions on bytes: no socket, no clock, no tokio.

pub(crate) mod frame;
pub(crate) mod handshake;
pub(crate) mod mask;
pub(crate) mod message;
pub(crate) mod utf8;
mod violation;

pub(crate) use violation::Violation;
