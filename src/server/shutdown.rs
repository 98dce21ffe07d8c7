//! Stopping: nobody new comes in, everybody is told, everything that runs is waited for.

use crate::close::{Close, Initiator, code};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// Stops a running app from anywhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ShutdownHandle(watch::Sender<Option<Close>>);

impl ShutdownHandle {
    /// Stops for good: no new connections, and every client is closed with 1001.
    ///
    /// [`Server::finished`](crate::Server::finished) returns when all `disconnect`
    /// handlers have run, at the latest after 10 seconds. Harmless when repeated.
    pub fn shutdown(&self) {
        self.close_with(Close::new(
            code::GOING_AWAY,
            "the server stops",
            Initiator::Server,
        ));
    }

    /// Stops to be started again: every client is closed with 1012 and comes back soon.
    ///
    /// Many are closed one after another, over at most `WS_RESTART_SPREAD`, so that they do not
    /// all come back in the same instant; they are served as ever until then. Connections that
    /// were accepted before have 2 seconds for their request, which is answered.
    pub fn restart(&self) {
        self.close_with(Close::new(
            code::RESTART,
            "the server restarts",
            Initiator::Server,
        ));
    }

    fn close_with(&self, close: Close) {
        self.0.send_if_modified(|current| {
            let is_first = current.is_none();
            current.get_or_insert(close);
            is_first
        });
    }
}

/// What every task of a server holds: it learns of the end, and is waited for.
#[derive(Debug, Clone)]
pub(super) struct Shutdown {
    signal: watch::Receiver<Option<Close>>,
    /// Never sent on: the last clone's drop says that nothing runs any more.
    _running: mpsc::Sender<()>,
}

impl Shutdown {
    /// How everybody is to be closed, once that is so.
    pub(super) fn close(&self) -> Option<Close> {
        self.signal.borrow().clone()
    }

    /// Returns when the server is to stop.
    pub(super) async fn requested(&mut self) -> Close {
        if self.signal.wait_for(Option::is_some).await.is_err() {
            // Every handle was dropped: nobody is left who could ask.
            std::future::pending::<()>().await;
        }
        self.close().expect("it was waited for")
    }
}

/// Waits for all tasks that hold a [`Shutdown`].
#[derive(Debug)]
pub(super) struct Tasks(mpsc::Receiver<()>);

impl Tasks {
    /// False if some still ran [`GRACE`] after the last client was told, which takes up to
    /// `farewell`.
    pub(super) async fn finished(&mut self, farewell: Duration) -> bool {
        timeout(farewell + GRACE, self.0.recv()).await.is_ok()
    }
}

pub(super) fn channel() -> (ShutdownHandle, Shutdown, Tasks) {
    let (sender, signal) = watch::channel(None);
    let (running, tasks) = mpsc::channel(1);
    (
        ShutdownHandle(sender),
        Shutdown {
            signal,
            _running: running,
        },
        Tasks(tasks),
    )
}

/// Twice the close handshake's limit: a client may take that long after its last handler.
const GRACE: Duration = Duration::from_secs(10);
