//! RFC 6455 and RFC 7692 as pure functions on bytes: no socket, no clock, no tokio.

pub(crate) mod deflate;
pub(crate) mod extension;
pub(crate) mod frame;
pub(crate) mod handshake;
pub(crate) mod inflate;
pub(crate) mod mask;
pub(crate) mod message;
pub(crate) mod utf8;
mod violation;

pub(crate) use violation::Violation;
