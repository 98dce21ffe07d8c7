//! `orcs serve` as a program sees it: what happens, as JSON on stdout.

use serde_json::Value;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(60);

/// Stopped when a test ends, with all it has started.
pub struct Served {
    child: Child,
    events: Receiver<Value>,
    stderr: Arc<Mutex<String>>,
}

impl Served {
    /// Starts a command that has `--json`.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line);
                if sender.send(event.expect("stdout is JSON alone")).is_err() {
                    return;
                }
            }
        });
        let said = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let saying = Arc::clone(&said);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut said = saying.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self {
            child,
            events,
            stderr: said,
        }
    }

    /// The next event, which must be this one; `building` and `built` only lead to others.
    pub fn next(&self, name: &str) -> Value {
        loop {
            let event = self.events.recv_timeout(PATIENCE);
            let event = event.unwrap_or_else(|_| panic!("no `{name}`:\n{}", self.stderr()));
            if event["event"] == name {
                return event;
            }
            let leads = ["building", "built"]
                .map(Value::from)
                .contains(&event["event"]);
            assert!(leads, "{event} instead of `{name}`:\n{}", self.stderr());
        }
    }

    /// Whether nothing happens for a while that anybody but a builder would notice.
    pub fn is_quiet_but_for_builds(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        while let Ok(event) = self
            .events
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if event["event"] != "building" && event["event"] != "built" {
                return false;
            }
        }
        true
    }

    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Waits until something was said.
    pub fn said(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.stderr().contains(words) {
            assert!(
                Instant::now() < deadline,
                "no `{words}`:\n{}",
                self.stderr()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by the shell's own `kill`: a small system has no other.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    pub fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                self.stderr()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            // Whatever it has started ends when it does.
            _ = self.child.kill();
            _ = self.child.wait();
        }
    }
}

pub fn signal(pid: u32, name: &str) {
    let kill = format!("kill -{name} {pid}");
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.unwrap().success());
}

/// Whether a process still runs; one that nobody has collected yet does not.
pub fn is_alive(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z')
}

/// The body of `GET path`.
pub fn get(port: u64, path: &str) -> String {
    try_get(port, path).unwrap()
}

/// The body of `GET path`, if the server does not end meanwhile.
pub fn try_get(port: u64, path: &str) -> io::Result<String> {
    let port = u16::try_from(port).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(body.to_owned())
}

/// Waits for an answer: the one that was just told to stop may give another, or none at all,
/// for this app drops whom it serves.
pub fn answers(port: u64, word: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = try_get(port, "/");
        if answer.as_ref().is_ok_and(|answer| answer == word) {
            return;
        }
        assert!(Instant::now() < deadline, "{answer:?} instead of {word:?}");
        thread::sleep(Duration::from_millis(10));
    }
}
