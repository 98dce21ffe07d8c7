//! The server under attack: this executable, started again.

use crate::common::SECRET;
use crate::server::{TEST, WANTED};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A running server. It is killed when this is dropped, and ends by itself when this process
/// does.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    log: Log,
}

/// What it has written to standard error.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Server {
    /// Starts it on a free port, with the default settings but these.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::run(Command::new(own_path()), settings)
    }

    /// Starts it with a limit on its descriptors, which it cannot raise.
    pub fn start_with_descriptors(most: usize, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new("/bin/sh");
        let script = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        command.args(["-c", &script]).arg(own_path());
        Self::run(command, settings)
    }

    fn run(mut command: Command, settings: &[(&str, &str)]) -> Self {
        let child = command
            .args([TEST, "--exact", "--nocapture"])
            // A `.env` in the root must not change what is found out, and the shell's
            // settings neither.
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .env_clear()
            .envs([(WANTED, "1"), ("HOST", "127.0.0.1"), ("PORT", "0")])
            .env("JWT_SECRET", SECRET)
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("this executable can be started again");
        let log = Log::default();
        let (tells, told) = channel();
        let stderr = child.stderr.take().expect("it is piped");
        let writer = log.clone();
        thread::spawn(move || writer.keep(stderr, &tells));
        let Ok(address) = told.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("the server does not listen:\n{}", log.text());
        };
        Self {
            child,
            address,
            log,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.pid().to_string());
        assert!(kill.status().is_ok_and(|status| status.success()));
    }

    /// What it has logged so far. Bytes that are no UTF-8 are replaced.
    pub fn log(&self) -> String {
        self.log.text()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it has ended, which the attack has noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log.end());
        }
    }
}

impl Log {
    /// Reads along until the server ends, and tells the address it listens on.
    fn keep(&self, stderr: ChildStderr, tells: &Sender<SocketAddr>) {
        let mut lines = BufReader::new(stderr);
        let mut line = Vec::new();
        while lines
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            if let Some(address) = address_in(&String::from_utf8_lossy(&line)) {
                // An error says that it was told before.
                let _ = tells.send(address);
            }
            let mut log = self.0.lock().expect("nobody panics with it");
            log.append(&mut line);
        }
    }

    fn text(&self) -> String {
        let log = self.0.lock().expect("nobody panics with it");
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The last lines.
    fn end(&self) -> String {
        let text = self.text();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// `.. listening on http://127.0.0.1:40001: /ws, /raw`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split_once(": ")?.0.parse().ok()
}

fn own_path() -> std::path::PathBuf {
    std::env::current_exe().expect("a process knows its program")
}

/// Far more than a start takes.
const PATIENCE: Duration = Duration::from_secs(20);
