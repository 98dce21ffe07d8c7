//! A program of ours that listens, as a process of its own.

use crate::failure::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running program; it is killed when this is dropped.
#[derive(Debug)]
pub struct Listening {
    child: Child,
    address: SocketAddr,
}

impl Listening {
    /// Starts it on a free port of loopback, with the default settings, and waits until it listens.
    pub fn start(command: &mut Command) -> Result<Self> {
        let address = free_address()?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .envs(SETTINGS)
            .env("HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let mut listening = Self { child, address };
        listening.wait(&program)?;
        Ok(listening)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self, program: &str) -> Result {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{program} ended at once, {status}").into());
            }
            if Instant::now() > deadline {
                return Err(format!("nobody listens on {}", self.address).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Free a moment ago.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port: {error}").into())
}

/// The defaults, said again: a `.env` in the root must not change what is found out.
pub const SETTINGS: [(&str, &str); 15] = [
    ("WS_IDLE_TIMEOUT", "120"),
    ("WS_MAX_PAYLOAD_LENGTH", "16777216"),
    ("WS_BACKPRESSURE_LIMIT", "1048576"),
    ("WS_EVENT_QUEUE_LIMIT", "262144"),
    ("WS_RATE_LIMIT", "100"),
    ("WS_CONTROL_RATE_LIMIT", "100"),
    ("WS_MAX_BAD_FRAMES", "20"),
    ("WS_MESSAGE_TIMEOUT", "30"),
    ("WS_WRITE_TIMEOUT", "10"),
    ("WS_MAX_INBOUND_BYTES", "268435456"),
    ("WS_AUTH_ENABLED", "true"),
    ("WS_AUTH_REQUIRED", "false"),
    // But this one: all clients come from one address.
    ("WS_MAX_CONNECTIONS_PER_IP", "0"),
    ("LOG_LEVEL", "warn"),
    // Guards nothing: the process lives for seconds, on loopback.
    ("JWT_SECRET", "a secret for seconds on loopback only"),
];

const PATIENCE: Duration = Duration::from_secs(20);
