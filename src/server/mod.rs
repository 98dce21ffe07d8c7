//! Sockets, tasks, timers and HTTP: the only room that knows warp, hyper and tokio's net.

mod allocator;
mod app;
mod beside;
mod checks;
mod connection;
mod csrf;
mod descriptors;
mod front;
mod full;
mod listen;
mod log;
mod offered;
mod reception;
mod shutdown;
mod socket;
mod stalled;
#[cfg(feature = "testing")]
pub mod testing;
mod upgrade;

pub use app::{App, Server, serve};
pub use csrf::csrf_tokens;
pub use shutdown::ShutdownHandle;
