//! A server that is a process of its own: a test's executable, started once more.

use super::{SECRET, within};
use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
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
    pub child: Child,
    /// The supervisor's end of its stdin.
    pub stdin: Option<ChildStdin>,
    notified: UnixDatagram,
    dir: TempDir,
}

impl Process {
    /// Starts this executable again, to run the test `name` as a server.
    ///
    /// It is handed the sockets, and has a pipe for stdin; `settings` come last.
    pub fn start(name: &str, sockets: Vec<OwnedFd>, settings: &[(&str, &str)]) -> Self {
        Self::start_reading(Stdio::piped(), name, sockets, settings)
    }

    /// As [`start`](Self::start), with another stdin.
    pub fn start_reading(
        stdin: Stdio,
        name: &str,
        sockets: Vec<OwnedFd>,
        settings: &[(&str, &str)],
    ) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("notify");
        let notified = UnixDatagram::bind(&path).expect("a socket in a folder of our own");
        let log = File::create(dir.path().join(LOG)).expect("a file in it");
        let mut command = Command::new(std::env::current_exe().expect("a process knows it"));
        command
            .args([name, "--exact", "--nocapture"])
            .current_dir(dir.path())
            .env_clear()
            .envs([(WANTED, "1"), ("HOST", "127.0.0.1"), ("PORT", "0")])
            .envs([("WS_RATE_LIMIT", "0"), ("WS_MAX_CONNECTIONS_PER_IP", "0")])
            .envs([("JWT_SECRET", SECRET), ("LOG_LEVEL", "info")])
            .env("NOTIFY_SOCKET", path)
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(log);
        if !sockets.is_empty() {
            command.env("LISTEN_FDS", sockets.len().to_string());
        }
        command.envs(settings.iter().copied());
        let mapping = |(parent_fd, child_fd)| FdMapping {
            parent_fd,
            child_fd,
        };
        let mappings = sockets.into_iter().zip(3..).map(mapping).collect();
        command.fd_mappings(mappings).expect("each number once");
        let mut child = (command.spawn()).expect("this executable can be started again");
        Self {
            stdin: child.stdin.take(),
            child,
            notified,
            dir,
        }
    }

    /// The folder that it runs in.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What it has written on stderr.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join(LOG)).expect("the log is there")
    }

    /// What it says next to whoever started it.
    pub async fn says(&self) -> String {
        said_to(&self.notified).await
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

    /// Waits for its end.
    pub async fn ends(&mut self) -> ExitStatus {
        within(async {
            loop {
                if let Some(status) = self.child.try_wait().expect("it is our child") {
                    return status;
                }
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }

    /// Waits for its end, which must be a proper one.
    pub async fn ends_well(mut self) {
        let status = self.ends().await;
        assert!(status.success(), "{status}: {}", self.log());
    }
}

/// The next datagram that comes.
pub async fn said_to(socket: &UnixDatagram) -> String {
    let socket = socket.try_clone().expect("a descriptor more");
    let said = tokio::task::spawn_blocking(move || {
        let mut said = [0; 64];
        let patience = Some(Duration::from_secs(20));
        socket.set_read_timeout(patience).expect("it is not zero");
        let length = socket.recv(&mut said).expect("something is said in time");
        String::from_utf8_lossy(&said[..length]).into_owned()
    });
    said.await.expect("it was said")
}

const LOG: &str = "log";

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
