//! Timers and tasks that end with their client's connection.

use super::tasks::{At, NotBegun, Running};
use super::{Client, Session};
use crate::error::{Error, Result};
use crate::route::{self, Answers, AsyncFn1, Awaitable, OnConnect, Outcome};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// A timer or a task of a client, to be stopped before its connection ends.
///
/// Dropping it stops nothing, and keeping it keeps nothing of the client. Where a client has as
/// many as `WS_MAX_TASKS_PER_CLIENT` allows, one more is not begun: it
/// [is not running](Self::is_running), `tasksRefused` in the stats counts it, and an event's
/// handler that returns it answers with the code `unavailable`.
#[doc(alias = "clearInterval")]
#[doc(alias = "clearTimeout")]
pub struct Timer(Result<Begun, NotBegun>);

struct Begun {
    running: Running,
    stage: Arc<Stage>,
}

impl<D: Send + Sync + 'static> Client<D> {
    /// Runs a handler at each `period`, the first time after one, until the client's
    /// `disconnect` begins or the timer is [stopped](Timer::stop).
    ///
    /// A run begins when the one before has ended: what a slow one misses is left out, and the
    /// rhythm stays. A failure or a panic is logged with client, route and line, and the next
    /// run comes all the same. It runs in a task beside the client's events, for as long as it
    /// likes; `WS_HANDLER_TIMEOUT` is about events. The shortest period is a millisecond.
    ///
    /// A run that waits when the connection ends is cut there. One that another thread is in the
    /// middle of goes on up to its next `.await`: nobody waits for it, so that much of it can fall
    /// together with the beginning of `disconnect`.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Duration;
    ///
    /// let clock = ws("/ws/clock").connect(async |client| {
    ///     client.every(Duration::from_secs(1), async |client| {
    ///         client.send("time", &orcs::timestamp());
    ///     });
    /// });
    /// # let _ = clock;
    /// ```
    #[doc(alias = "setInterval")]
    #[track_caller]
    pub fn every<H, Fut>(&self, period: Duration, handler: H) -> Timer
    where
        H: FnOnce(Self) -> Fut + AsyncFn1<Self, Fut::Answer> + Clone + Send + Sync + 'static,
        Fut: Awaitable<Answer: Outcome + Answers<()>> + Send + 'static,
    {
        let period = period.clamp(A_MILLISECOND, A_LONG_TIME);
        let ticking = self.ticking(route::tick(handler), Location::caller());
        ticking.begin(async move |ticking| {
            let mut due = Instant::now() + period;
            loop {
                sleep_until(due).await;
                if !ticking.tick().await {
                    return;
                }
                due = next(due, period, Instant::now());
            }
        })
    }

    /// Runs a handler once, after a while, unless the client's `disconnect` begins before or
    /// the timer is [stopped](Timer::stop). All else is as with [`every`](Self::every).
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// # use std::time::Duration;
    /// # fn example(client: &Client) {
    /// let timer = client.after(Duration::from_secs(30), async |client| {
    ///     client.close(4000, "time is up");
    /// });
    /// timer.stop();
    /// # }
    /// ```
    #[doc(alias = "setTimeout")]
    #[track_caller]
    pub fn after<H, Fut>(&self, delay: Duration, handler: H) -> Timer
    where
        H: FnOnce(Self) -> Fut + AsyncFn1<Self, Fut::Answer> + Clone + Send + Sync + 'static,
        Fut: Awaitable<Answer: Outcome + Answers<()>> + Send + 'static,
    {
        let ticking = self.ticking(route::tick(handler), Location::caller());
        ticking.begin(async move |ticking| {
            sleep(delay).await;
            ticking.tick().await;
        })
    }

    /// Runs a future until it ends, until the client's `disconnect` begins, or until it is
    /// [stopped](Timer::stop): then it is dropped where it waits.
    ///
    /// For what goes on beside the client's events: a subscription, a download, a game's loop.
    /// A failure or a panic is logged with client, route and line. What another thread is in the
    /// middle of when the connection ends goes on up to its next `.await`, beside the beginning
    /// of `disconnect`.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use tokio::sync::broadcast;
    ///
    /// let (market, _) = broadcast::channel::<f64>(16);
    /// let ticker = ws("/ws/ticker").connect(async move |client| {
    ///     let mut prices = market.subscribe();
    ///     client.clone().spawn(async move {
    ///         while let Ok(price) = prices.recv().await {
    ///             client.send("price", &price);
    ///         }
    ///     });
    /// });
    /// # let _ = ticker;
    /// ```
    #[track_caller]
    pub fn spawn<Fut>(&self, future: Fut) -> Timer
    where
        Fut: Awaitable<Answer: Outcome + Answers<()>> + Send + 'static,
    {
        let (session, at) = (Arc::clone(&self.session), Location::caller());
        let future = route::answer(self.codec(), future);
        let running = self.session.run(at, async move {
            session.attempt(at, future).await;
        });
        Timer::of(running, Arc::default())
    }

    fn ticking(&self, handler: OnConnect, at: At) -> Ticking {
        Ticking {
            session: Arc::clone(&self.session),
            handler,
            stage: Arc::default(),
            at,
        }
    }
}

impl Timer {
    /// Stops it: a run that has begun ends, another does not begin. A spawned future is dropped
    /// where it waits.
    pub fn stop(&self) {
        if let Ok(Begun { running, stage }) = &self.0
            && stage.stop() == Stage::WAITS
        {
            running.cut();
        }
    }

    /// Whether it has not ended, and was begun at all.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.as_ref().is_ok_and(|begun| !begun.running.is_over())
    }

    /// Why it was not begun, for a client that asked for it.
    pub(crate) fn refusal(&self) -> Option<Error> {
        match &self.0 {
            Err(NotBegun::TooMany) => Some(Error::new("unavailable", "too many timers")),
            Ok(_) | Err(NotBegun::Gone) => None,
        }
    }

    fn of(running: Result<Running, NotBegun>, stage: Arc<Stage>) -> Self {
        Self(running.map(|running| Begun { running, stage }))
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("is_running", &self.is_running())
            .finish_non_exhaustive()
    }
}

/// A timer's own side.
struct Ticking {
    session: Arc<Session>,
    handler: OnConnect,
    stage: Arc<Stage>,
    at: At,
}

impl Ticking {
    fn begin<Fut>(self, timing: impl FnOnce(Self) -> Fut) -> Timer
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (session, stage) = (Arc::clone(&self.session), Arc::clone(&self.stage));
        Timer::of(session.run(self.at, timing(self)), stage)
    }

    /// Runs the handler. False if that was the last time.
    async fn tick(&self) -> bool {
        if !self.stage.begins() {
            return false;
        }
        let client = Client::of(&self.session);
        let run = async { (self.handler)(client).await };
        self.session.attempt(self.at, run).await;
        self.stage.ends()
    }
}

/// Whether a timer waits, runs or was stopped. A spawned future always waits: it may be cut
/// wherever it is.
#[derive(Default)]
struct Stage(AtomicU8);

impl Stage {
    const WAITS: u8 = 0;
    const RUNS: u8 = 1;
    const IS_STOPPED: u8 = 2;

    /// Tells what it was before.
    fn stop(&self) -> u8 {
        self.0.swap(Self::IS_STOPPED, Ordering::AcqRel)
    }

    fn begins(&self) -> bool {
        self.changes(Self::WAITS, Self::RUNS)
    }

    fn ends(&self) -> bool {
        self.changes(Self::RUNS, Self::WAITS)
    }

    fn changes(&self, from: u8, to: u8) -> bool {
        let changed = (self.0).compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        changed.is_ok()
    }
}

/// The first time behind `now` at which a timer is due that was due at `due`.
fn next(due: Instant, period: Duration, now: Instant) -> Instant {
    let late = now.saturating_duration_since(due);
    let begun = u64::try_from(late.as_nanos() % period.as_nanos());
    now + period - Duration::from_nanos(begun.expect("100 years are few enough nanoseconds"))
}

const A_MILLISECOND: Duration = Duration::from_millis(1);

/// Longer than any process lives, and short enough to be added to a clock.
const A_LONG_TIME: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_run_is_followed_by_the_next_that_is_due() {
        let due = Instant::now();
        let milliseconds = Duration::from_millis;
        for (late, expected) in [(0, 10), (1, 10), (9, 10), (10, 20), (25, 30), (1000, 1010)] {
            let next = next(due, milliseconds(10), due + milliseconds(late));
            assert_eq!(next - due, milliseconds(expected), "{late} ms late");
        }
        assert_eq!(next(due, A_LONG_TIME, due) - due, A_LONG_TIME);
    }
}
