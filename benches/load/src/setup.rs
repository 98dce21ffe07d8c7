//! What every scenario needs to know.

use crate::arguments::Arguments;
use crate::cpu;
use crate::dialect::Dialect;
use crate::failure::Result;
use crate::memory;
use crate::pin;
use std::net::SocketAddr;
use std::time::Duration;

/// The server, and how it is measured.
#[derive(Debug)]
pub struct Setup {
    pub address: SocketAddr,
    pub dialect: Dialect,
    pub waiting: Waiting,
    pub measured: Duration,
    pub warmup: Duration,
    server: Option<u32>,
}

/// What this thread does while nothing comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Waiting {
    /// Looks again: nothing is faster, and its core is its own.
    Busy,
    /// Sleeps, so that the server can have both of two cores.
    Sleeping,
}

impl Setup {
    /// Takes the options that all scenarios share, and stays on a core if told to.
    pub fn take(arguments: &mut Arguments) -> Result<Self> {
        if let Some(core) = arguments.optional("--core")? {
            pin::to(core)?;
        }
        let sleeping = arguments.switch("--sleeping");
        Ok(Self {
            address: arguments.required("--address")?,
            dialect: arguments.or("--dialect", Dialect::WebSocket)?,
            waiting: if sleeping {
                Waiting::Sleeping
            } else {
                Waiting::Busy
            },
            measured: seconds(arguments, "--seconds", 3.0)?,
            warmup: seconds(arguments, "--warmup", 0.3)?,
            server: arguments.optional("--pid")?,
        })
    }

    /// A short run against a server inside the test's own process.
    #[cfg(test)]
    pub fn quick(address: SocketAddr, measured: Duration) -> Self {
        Self {
            address,
            dialect: Dialect::WebSocket,
            waiting: Waiting::Sleeping,
            measured,
            warmup: Duration::from_millis(50),
            server: None,
        }
    }

    /// What the server has worked so far, if we know who it is.
    pub fn server_cpu(&self) -> Result<Option<Duration>> {
        self.server.map(cpu::of_process).transpose()
    }

    /// What the server holds in RAM.
    pub fn server_resident_bytes(&self) -> Result<u64> {
        let server = self.server.ok_or("`--pid` is missing: whose memory?")?;
        memory::resident_bytes(server)
    }
}

/// An hour at most: a run must end.
fn seconds(arguments: &mut Arguments, name: &str, default: f64) -> Result<Duration> {
    let seconds = arguments.or(name, default)?;
    if (0.001..=3600.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(format!("`{name} {seconds}` is not between 0.001 and 3600 seconds").into())
}
