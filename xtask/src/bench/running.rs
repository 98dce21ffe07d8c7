//! A server as a process of its own, on a core of its own.

use super::built::Built;
use super::server::{SETTINGS, Server};
use crate::failure::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server; it is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts it on a free port of loopback, and waits until it listens.
    pub fn start(
        server: &Server,
        built: &Built,
        core: Option<usize>,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let address = free_address()?;
        let mut command = pinned(server.command(built)?, built, core);
        let child = command
            .current_dir(built.peers())
            .envs(SETTINGS)
            .envs(environment.iter().copied())
            .env("PORT", address.port().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", server.name))?;
        let mut running = Self { child, address };
        running.wait_until_it_listens(server.name)?;
        Ok(running)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_it_listens(&mut self, name: &str) -> Result {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{name} ended at once, {status}").into());
            }
            if Instant::now() > deadline {
                return Err(format!("{name} does not listen on {}", self.address).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The same command, run by the load generator's `pin`, which becomes it: the process
/// that is killed and whose CPU time is read is the server itself.
fn pinned(command: Command, built: &Built, core: Option<usize>) -> Command {
    let Some(core) = core else {
        return command;
    };
    let mut pinned = Command::new(built.binary("load"));
    pinned.args(["pin", "--core", &core.to_string(), "--"]);
    pinned.arg(command.get_program()).args(command.get_args());
    pinned
}

/// Free a moment ago.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port: {error}").into())
}

const PATIENCE: Duration = Duration::from_secs(20);
