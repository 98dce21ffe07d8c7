//! The showcase as a process of its own, whose memory can be read.

use crate::failure::Result;
use crate::listening::Listening;
pub use crate::listening::SETTINGS;
use crate::process::{built, cargo, run};
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// A running showcase; it is killed when this is dropped.
#[derive(Debug)]
pub struct Showcase(Listening);

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
        let mut command = Command::new(built("release", "showcase")?);
        Listening::start(command.current_dir(crate::root())).map(Self)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address()
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
        let pid = self.0.pid();
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
}

const PATIENCE: Duration = Duration::from_secs(20);

/// The allocator's and the runtime's afterwork took up to 0.1 s.
const QUIET: Duration = Duration::from_millis(500);
