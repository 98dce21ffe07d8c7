//! What runs beside clients: each task until its client's `disconnect` begins.

use super::Session;
use crate::error::{Error, Result};
use crate::id::ClientId;
use crate::lock::lock;
use crate::manager::WebSocketManager;
use crate::panic::{catch, caught};
use crate::turn_holder::TurnHolder;
use std::collections::HashMap;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use tokio::task::AbortHandle;
use tracing::{error, warn};

/// A task, ready to be polled by a runtime.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs work in a task of its own, whichever thread asks for it.
pub(crate) type Spawn = Box<dyn Fn(Work) -> AbortHandle + Send + Sync>;

/// All tasks of all clients. By id and not in each [`Session`]: most clients have none, and
/// these take no memory for it.
pub(crate) struct Tasks {
    of_clients: Mutex<HashMap<ClientId, Places>>,
    last_place: AtomicU64,
    /// The most that each client may have.
    limit: AtomicUsize,
    has_warned: AtomicBool,
    /// Set by the start.
    spawn: OnceLock<Spawn>,
}

/// A client's tasks; one that is about to be spawned has its place already.
type Places = HashMap<u64, Option<AbortHandle>>;

/// Why a task was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotBegun {
    /// The client has gone, or is in its `disconnect`.
    Gone,
    /// It has as many as it may have.
    TooMany,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self {
            of_clients: Mutex::default(),
            last_place: AtomicU64::new(0),
            limit: AtomicUsize::new(usize::MAX),
            has_warned: AtomicBool::new(false),
            spawn: OnceLock::new(),
        }
    }

    /// Runs tasks by `spawn` from now on, `limit` for each client.
    pub(crate) fn begin(&self, limit: usize, spawn: Spawn) {
        self.limit.store(limit, Ordering::Relaxed);
        // Set once, by the start.
        let _ = self.spawn.set(spawn);
    }

    fn reserve(&self, session: &Session) -> Result<u64, NotBegun> {
        let place = self.last_place.fetch_add(1, Ordering::Relaxed);
        let limit = self.limit.load(Ordering::Relaxed);
        let mut of_clients = lock(&self.of_clients);
        // Looked at under the lock: who leaves later finds the place and takes it away.
        if !session.phase.takes_task() {
            return Err(NotBegun::Gone);
        }
        let places = of_clients.entry(session.id()).or_default();
        if places.len() >= limit {
            return Err(NotBegun::TooMany);
        }
        places.insert(place, None);
        Ok(place)
    }

    /// Keeps what ends a task. Its client may have left before it was there.
    fn keep(&self, client: ClientId, place: u64, task: AbortHandle) {
        let late = {
            let mut of_clients = lock(&self.of_clients);
            let places = of_clients.get_mut(&client);
            match places.and_then(|places| places.get_mut(&place)) {
                Some(kept) => {
                    *kept = Some(task);
                    None
                }
                None => Some(task),
            }
        };
        // Behind the lock: a runtime that ends drops what is aborted at once, which is the
        // app's code and takes the lock itself.
        if let Some(task) = late {
            task.abort();
        }
    }

    fn remove(&self, client: ClientId, place: u64) {
        let mut of_clients = lock(&self.of_clients);
        if let Some(places) = of_clients.get_mut(&client) {
            places.remove(&place);
            if places.is_empty() {
                of_clients.remove(&client);
            }
        }
    }

    pub(super) fn end_all_of(&self, client: ClientId) {
        let places = lock(&self.of_clients).remove(&client);
        for task in places.into_iter().flatten().filter_map(|(_, task)| task) {
            task.abort();
        }
    }
}

impl Session {
    /// Runs a task until it ends, or until the client's `disconnect` begins.
    pub(super) fn run(
        self: &Arc<Self>,
        at: At,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Running, NotBegun> {
        let tasks = self.manager.tasks();
        let spawn = tasks.spawn.get().ok_or(NotBegun::Gone)?;
        let place = tasks.reserve(self).inspect_err(|why| self.note(*why))?;
        let task = spawn(Box::pin(Bound {
            task: Some(Box::pin(task)),
            session: Arc::clone(self),
            place,
            at,
        }));
        tasks.keep(self.id(), place, task.clone());
        Ok(Running {
            manager: self.manager.clone(),
            client: self.id(),
            place,
            task,
        })
    }

    /// Runs what the app gave to its end. Nobody waits for that, so the log hears of a bad one.
    pub(super) async fn attempt<T>(&self, at: At, code: impl Future<Output = Result<T>>) {
        match caught(code).await {
            Ok(Ok(_)) => {}
            Ok(Err(cause)) => self.report(at, &cause),
            Err(panic) => self.report(at, &panic.into()),
        }
    }

    fn report(&self, at: At, cause: &Error) {
        let (client, route) = (self.id(), self.table.path.as_str());
        error!(%client, route, %at, "task failed: {cause}");
    }

    fn note(&self, why: NotBegun) {
        if why == NotBegun::Gone {
            return;
        }
        self.manager.hub().tally().tasks_refused.add_one();
        // Once: a client that makes its app begin tasks must not fill the log.
        if !(self.manager.tasks().has_warned).swap(true, Ordering::Relaxed) {
            let (client, route) = (self.id(), self.table.path.as_str());
            warn!(%client, route, "no more tasks for this client: WS_MAX_TASKS_PER_CLIENT");
        }
    }
}

/// A task that was begun. It keeps nothing of its client.
pub(super) struct Running {
    manager: WebSocketManager,
    client: ClientId,
    place: u64,
    task: AbortHandle,
}

impl Running {
    /// Ends it where it waits now, and makes room for another at once.
    pub(super) fn cut(&self) {
        self.task.abort();
        self.manager.tasks().remove(self.client, self.place);
    }

    pub(super) fn is_over(&self) -> bool {
        self.task.is_finished()
    }
}

/// The app's line that began a task, for the log.
pub(super) type At = &'static Location<'static>;

/// A task that leaves its place when it ends, however it ends.
struct Bound {
    /// Taken out at the end, so that its drop is guarded too.
    task: Option<Work>,
    session: Arc<Session>,
    place: u64,
    at: At,
}

impl Future for Bound {
    type Output = ();

    /// All that a task does, it does in here, and the log says for whom.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _turn = TurnHolder::of(&self.session).enter();
        match &mut self.task {
            Some(task) => task.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _turn = TurnHolder::of(&self.session).enter();
        // Dropping a future in the middle runs user code.
        let task = self.task.take();
        if let Err(panic) = catch(|| drop(task)) {
            self.session.report(self.at, &panic.into());
        }
        let session = &self.session;
        session.manager.tasks().remove(session.id(), self.place);
    }
}
