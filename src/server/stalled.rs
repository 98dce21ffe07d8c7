//! Wakes another worker while a handler holds one.
//!
//! One of tokio's workers waits for the sockets and timers of all. If it finds one task alone,
//! it runs that and wakes nobody to wait in its place: while that task's handler holds the
//! thread, no client is heard, however many workers sleep. (tokio has an option against this,
//! an unstable one: `enable_eager_driver_handoff`.) So a thread of ours looks every [`TICK`]
//! whether a worker is still in the same turn, and if so wakes another, which also writes what
//! was sent on the one that is held. It sleeps while nothing happens, and ends with the last
//! runtime it looks after.

use super::beside;
use crate::hub::{HELD_THREADS, Moment, WeakMoment};
use crate::lock::lock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, Thread};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::warn;

/// Runs a turn of a client's task under the eyes of the watch.
pub(super) fn watched<T>(turn: impl FnOnce() -> T) -> T {
    OWN.with(|own| {
        let Some(Own(worker)) = own else {
            return turn();
        };
        let _in_turn = InTurn::of(worker);
        wake_the_watch();
        turn()
    })
}

thread_local! {
    /// This thread, if it is a worker that has others beside it.
    static OWN: Option<Own> = Own::new();
}

/// A worker's own hold on itself: gone with its thread.
struct Own(Arc<Worker>);

impl Own {
    fn new() -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        let has_others = runtime.runtime_flavor() == RuntimeFlavor::MultiThread
            && runtime.metrics().num_workers() > 1;
        let worker = has_others.then(|| {
            Arc::new(Worker {
                turns: AtomicU64::new(0),
                moment: Mutex::default(),
                runtime,
            })
        })?;
        watch(&worker);
        Some(Self(worker))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // For it to notice that there is one less, or nobody.
        wake_the_watch();
    }
}

/// Says that a moment has begun on this thread, which is to end it.
pub(super) fn begins(moment: &Moment) {
    OWN.with(|own| {
        if let Some(Own(worker)) = own {
            *lock(&worker.moment) = Some(moment.downgrade());
        }
    });
}

/// A thread that runs clients' tasks.
struct Worker {
    /// How often a turn began or ended: odd in a turn. Written by the thread alone.
    turns: AtomicU64,
    /// The last that began here.
    moment: Mutex<Option<WeakMoment>>,
    runtime: Handle,
}

impl Worker {
    fn count(&self) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns.wrapping_add(1), Ordering::Relaxed);
    }
}

struct InTurn<'a>(&'a Worker);

impl<'a> InTurn<'a> {
    fn of(worker: &'a Worker) -> Self {
        worker.count();
        Self(worker)
    }
}

impl Drop for InTurn<'_> {
    fn drop(&mut self) {
        self.0.count();
    }
}

/// The thread that looks, and whom it looks after. Without them there is no thread.
struct Watch {
    thread: Option<Thread>,
    workers: Vec<Watched>,
}

static WATCH: Mutex<Watch> = Mutex::new(Watch {
    thread: None,
    workers: Vec::new(),
});

/// The watch has seen nothing happen for a while.
static WATCH_SLEEPS: AtomicBool = AtomicBool::new(false);

/// A worker as it was seen last.
struct Watched {
    worker: Weak<Worker>,
    turns: u64,
    /// The turn during which another worker was woken to wait for the sockets. Once is enough.
    relieved: u64,
}

fn watch(worker: &Arc<Worker>) {
    let mut watch = lock(&WATCH);
    watch.workers.push(Watched {
        worker: Arc::downgrade(worker),
        turns: 0,
        relieved: 0,
    });
    if watch.thread.is_none() {
        let started = thread::Builder::new().name("orcs-watch".into()).spawn(run);
        match started {
            Ok(started) => watch.thread = Some(started.thread().clone()),
            Err(error) => warn!("no thread to watch for handlers that hold theirs: {error}"),
        }
    }
}

fn wake_the_watch() {
    if WATCH_SLEEPS.load(Ordering::Relaxed)
        && WATCH_SLEEPS.swap(false, Ordering::Relaxed)
        && let Some(thread) = &lock(&WATCH).thread
    {
        thread.unpark();
    }
}

/// The watch's thread.
fn run() {
    let mut quiet_looks = 0;
    loop {
        thread::sleep(TICK);
        let Some(something_happens) = look() else {
            return;
        };
        quiet_looks = if something_happens {
            0
        } else {
            quiet_looks + 1
        };
        if quiet_looks == QUIET_LOOKS {
            // Sleeps after one more look: a worker that missed the sign is seen by then.
            WATCH_SLEEPS.store(true, Ordering::Relaxed);
        } else if quiet_looks > QUIET_LOOKS {
            while WATCH_SLEEPS.load(Ordering::Relaxed) {
                thread::park();
            }
            quiet_looks = 0;
        }
    }
}

/// Looks at all workers. `None` if there are none any more: the watch is over.
fn look() -> Option<bool> {
    let mut watch = lock(&WATCH);
    watch
        .workers
        .retain(|worker| worker.worker.strong_count() > 0);
    if watch.workers.is_empty() {
        watch.thread = None;
        return None;
    }
    let looks = watch.workers.iter_mut().map(Watched::look);
    Some(looks.fold(false, |any, happens| any | happens))
}

impl Watched {
    /// Wakes another worker if this one is in the same turn as before. False if it is idle.
    fn look(&mut self) -> bool {
        let Some(worker) = self.worker.upgrade() else {
            return false;
        };
        let turns = worker.turns.load(Ordering::Relaxed);
        let before = std::mem::replace(&mut self.turns, turns);
        let is_in_turn = turns % 2 == 1;
        if is_in_turn && turns == before {
            if turns != self.relieved {
                HELD_THREADS.add_one();
            }
            let moment = lock(&worker.moment).take();
            match moment.and_then(|moment| moment.upgrade()) {
                // What was sent on the worker is written now, not when it is let go.
                Some(moment) => beside::end(moment, &worker.runtime),
                // Whoever runs this nothing goes on to wait for the sockets.
                None if turns != self.relieved => _ = worker.runtime.spawn(async {}),
                None => {}
            }
            self.relieved = turns;
        }
        is_in_turn || turns != before
    }
}

/// A turn that lasts longer than two of these is noticed. The thread looks for a few
/// microseconds: 0.1 to 0.2 % of a core while clients are talking.
const TICK: Duration = Duration::from_millis(2);

/// A tenth of a second.
const QUIET_LOOKS: u32 = 50;
