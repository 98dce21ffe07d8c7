//! Sockets, tasks, timers and HTTP: the only room that knows warp, hyper and tokio's net.

mod allocator;
mod app;
mod bearer;
mod beside;
mod checks;
mod connection;
mod csrf;
mod descriptors;
mod farewell;
mod files;
mod front;
mod full;
mod handed_over;
mod listen;
mod log;
mod metrics;
mod nothing;
mod notify;
mod offered;
mod reception;
mod reload;
mod segment;
mod shutdown;
mod signals;
mod socket;
mod stalled;
mod supervised;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
mod upgrade;

pub use app::{App, Server, serve};
pub use bearer::bearer;
pub use csrf::csrf_tokens;
pub use files::files;
pub use segment::Segment;
pub use shutdown::ShutdownHandle;
