//! A server that is a process of its own: a test's executable, started once more.

use super::{SECRET, within};
use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::sleep;

/// Set for the process that is to be the server.
const WANTED: &str = "ORCS_TEST_IS_THE_SERVER";

/// Whether this process is to be the server.
pub fn is_wanted() -> bool {
    std::env::var_os(WANTED).is_some()
}

/// A process that is started. It is killed when this is dropped.
pub struct Process {
    child: Child,
    /// The supervisor's end of its stdin.
    pub stdin: Option<ChildStdin>,
    notified: UnixDatagram,
    _dir: TempDir,
}

impl Process {
    /// Starts this executable again, to run the test `name` as a server.
    pub fn start(name: &str, listeners: &[&TcpListener], settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("notify");
        let notified = UnixDatagram::bind(&path).expect("a socket in a folder of our own");
        let path = path.to_str().expect("a path in UTF-8");
        let sockets = listeners.len().to_string();
        let mut command = Command::new(std::env::current_exe().expect("a process knows it"));
        command
            .args([name, "--exact", "--nocapture"])
            .current_dir(dir.path())
            .env_clear()
            .envs([(WANTED, "1"), ("HOST", "127.0.0.1"), ("PORT", "0")])
            .envs([("WS_RATE_LIMIT", "0"), ("WS_MAX_CONNECTIONS_PER_IP", "0")])
            .envs([("JWT_SECRET", SECRET), ("LOG_LEVEL", "warn")])
            .env("NOTIFY_SOCKET", path)
            .env(
                "LISTEN_FDS",
                if listeners.is_empty() { "" } else { &sockets },
            )
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mapping = |(place, listener): (usize, &&TcpListener)| FdMapping {
            parent_fd: listener.try_clone().expect("a descriptor more").into(),
            child_fd: 3 + i32::try_from(place).expect("few sockets"),
        };
        let mappings = listeners.iter().enumerate().map(mapping).collect();
        command.fd_mappings(mappings).expect("each number once");
        let mut child = command
            .spawn()
            .expect("this executable can be started again");
        Self {
            stdin: child.stdin.take(),
            child,
            notified,
            _dir: dir,
        }
    }

    /// What it says next to whoever started it.
    pub async fn says(&self) -> String {
        let notified = self.notified.try_clone().expect("a descriptor more");
        let said = tokio::task::spawn_blocking(move || {
            let mut said = [0; 64];
            notified
                .set_read_timeout(Some(Duration::from_secs(20)))
                .expect("it is not zero");
            let length = notified.recv(&mut said).expect("it says something in time");
            String::from_utf8_lossy(&said[..length]).into_owned()
        });
        said.await.expect("it was said")
    }

    /// Waits until it takes connections.
    pub async fn is_ready(&self) {
        assert_eq!(self.says().await, "READY=1");
    }

    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Waits for its end, which must be a proper one.
    pub async fn ends_well(mut self) {
        within(async {
            loop {
                if let Some(status) = self.child.try_wait().expect("it is our child") {
                    assert!(status.success(), "{status}");
                    return;
                }
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
