//! The showcase as a process of its own, whose memory can be read.

use crate::failure::Result;
use crate::process::{built, cargo, run};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running showcase; it is killed when this is dropped.
#[derive(Debug)]
pub struct Showcase {
    child: Child,
    address: SocketAddr,
}

impl Showcase {
    /// Builds it in release, and waits until it listens on a free port of loopback.
    pub fn start() -> Result<Self> {
        run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "orcs-rs",
            "--bin",
            "showcase",
        ]))?;
        let address = free_address()?;
        let program = built("release", "showcase")?;
        let child = Command::new(&program)
            .current_dir(crate::root())
            .envs(SETTINGS)
            .env("HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut showcase = Self { child, address };
        showcase.wait_until_it_listens()?;
        Ok(showcase)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bytes of its memory that are in RAM, once they have stopped changing.
    pub fn quiet_resident_bytes(&self) -> Result<usize> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = (self.resident_bytes()?, Instant::now());
        while last.1.elapsed() < QUIET {
            if Instant::now() > deadline {
                return Err("the server's memory does not come to rest".into());
            }
            std::thread::sleep(Duration::from_millis(50));
            let bytes = self.resident_bytes()?;
            if bytes != last.0 {
                last = (bytes, Instant::now());
            }
        }
        Ok(last.0)
    }

    fn resident_bytes(&self) -> Result<usize> {
        let pid = self.child.id();
        let kib = if cfg!(target_os = "linux") {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
                .map_err(|error| format!("the server is gone: {error}"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok())
        } else {
            let ps = Command::new("ps")
                .args(["-o", "rss=", "-p", &pid.to_string()])
                .output()
                .map_err(|error| format!("cannot run `ps`: {error}"))?;
            String::from_utf8_lossy(&ps.stdout).trim().parse().ok()
        };
        let kib = kib.ok_or("the system does not tell how much memory the server has")?;
        Ok(kib * 1024)
    }

    fn wait_until_it_listens(&mut self) -> Result {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the showcase ended at once, {status}").into());
            }
            if Instant::now() > deadline {
                return Err(format!("nobody listens on {}", self.address).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Showcase {
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

/// The defaults, said again: a `.env` in the root must not change the figures.
pub const SETTINGS: [(&str, &str); 8] = [
    ("WS_IDLE_TIMEOUT", "120"),
    ("WS_MAX_PAYLOAD_LENGTH", "16777216"),
    ("WS_BACKPRESSURE_LIMIT", "1048576"),
    ("WS_EVENT_QUEUE_LIMIT", "262144"),
    ("WS_AUTH_ENABLED", "true"),
    ("WS_AUTH_REQUIRED", "false"),
    ("LOG_LEVEL", "warn"),
    // Guards nothing: the process lives for seconds, on loopback.
    ("JWT_SECRET", "a secret for seconds on loopback only"),
];

const PATIENCE: Duration = Duration::from_secs(20);

/// The allocator's and the runtime's afterwork took up to 0.1 s.
const QUIET: Duration = Duration::from_millis(500);
