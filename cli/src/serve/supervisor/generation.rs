//! One generation of the app: a process group that has the sockets until the next one has them.

use super::event::{Bus, Event};
use super::listeners::Listeners;
use super::ready::Ready;
use crate::app::Program;
use command_fds::{CommandFdExt, FdMapping};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// How an app is started.
#[derive(Debug)]
pub struct Start<'a> {
    pub program: &'a Program,
    /// Settings from our own arguments, which win over `.env`.
    pub settings: &'a [(&'static str, OsString)],
    /// What came after `--`.
    pub args: &'a [OsString],
    pub listeners: &'a Listeners,
    /// The port of the event stream that reloads pages.
    pub reload: Option<u16>,
    /// Whether our stdout is for JSON alone.
    pub is_quiet_on_stdout: bool,
}

/// A running app.
#[derive(Debug)]
pub struct Generation {
    pub number: u64,
    pub pid: u32,
    pub started: Instant,
    group: Group,
    /// Closes with us, whatever ends us; the app then stops.
    _stdin: Option<ChildStdin>,
}

/// The group while its first process runs; a number that was let go may be somebody else's.
type Group = Arc<Mutex<Option<Pid>>>;

impl Generation {
    pub fn start(number: u64, start: &Start<'_>, bus: &Bus) -> io::Result<Self> {
        let ready = Ready::open()?;
        let mut command = start.program.command(start.settings);
        command
            .args(start.args)
            .env("NOTIFY_SOCKET", ready.name())
            .env("ORCS_SUPERVISED", "1")
            .env_remove("LISTEN_PID")
            .env_remove("LISTEN_FDNAMES")
            .env_remove("ORCS_RELOAD")
            .stdin(Stdio::piped())
            .process_group(0);
        if let Some(port) = start.reload {
            command.env("ORCS_RELOAD", port.to_string());
        }
        if start.is_quiet_on_stdout {
            command.stdout(io::stderr().as_fd().try_clone_to_owned()?);
        }
        let sockets = start.listeners.lend()?;
        command.env("LISTEN_FDS", sockets.len().to_string());
        let mappings = sockets.into_iter().zip(FIRST_SOCKET..);
        let mappings = mappings.map(|(parent_fd, child_fd)| FdMapping {
            parent_fd,
            child_fd,
        });
        command
            .fd_mappings(mappings.collect())
            .expect("each socket has a number of its own");
        let mut child = command.spawn()?;
        let pid = child.id();
        let group = Arc::new(Mutex::new(Pid::from_raw(pid.cast_signed())));
        let generation = Self {
            number,
            pid,
            started: Instant::now(),
            group: Arc::clone(&group),
            _stdin: child.stdin.take(),
        };
        let forget = ready.wait(number, bus.clone())?;
        let bus = bus.clone();
        thread::spawn(move || {
            let status = wait(child, &group);
            drop(forget);
            if let Ok(status) = status {
                _ = bus.send(Event::Exited(number, status));
            }
        });
        Ok(generation)
    }

    /// Asks every process of the app, and of what it has started.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = *self.group.lock().unwrap_or_else(PoisonError::into_inner) {
            _ = kill_process_group(group, signal);
        }
    }
}

/// Waits for the app's end, and ends what it leaves behind.
fn wait(mut child: Child, group: &Group) -> io::Result<std::process::ExitStatus> {
    let leader = *group.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(leader) = leader {
        // Without letting go of its number yet: it is the group's, too.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(leader), options), Err(Errno::INTR)) {}
    }
    let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(group) = group.take() {
        _ = kill_process_group(group, Signal::KILL);
    }
    child.wait()
}

/// After stdin, stdout and stderr (sd_listen_fds(3)).
const FIRST_SOCKET: i32 = 3;
