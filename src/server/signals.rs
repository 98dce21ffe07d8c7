//! What the system asks of a process: Ctrl-C and SIGTERM.

use super::shutdown::ShutdownHandle;
use std::io;

/// The signals that stop a server. While this exists, neither ends the process by itself.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

enum Asked {
    Interrupt,
    Terminate,
}

impl Signals {
    /// Before anybody is told that the server is ready: who is told may send one at once.
    #[cfg(unix)]
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The first one stops the server gently, the second at once.
    pub(super) async fn stop(mut self, handle: ShutdownHandle) {
        match self.next().await {
            Asked::Interrupt => handle.shutdown(),
            Asked::Terminate => handle.restart(),
        }
        self.next().await;
        std::process::exit(130);
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Terminate,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Asked {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a signal handler, the process is stopped the hard way.
            std::future::pending::<()>().await;
        }
        Asked::Interrupt
    }
}
