//! A client's events, handled one after another: `connect` first, `disconnect` last.

use super::late;
use crate::client::Session;
use crate::close::{Close, Initiator, code};
use crate::config::{Config, QUEUE_ENTRY_BYTES};
use crate::route::{Done, Failure, Running, Said};
use crate::slow::Missed;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The handlers of one connection: at most one runs, the next events wait.
pub(super) struct Events {
    stage: Stage,
    /// Messages in a row that could not be read.
    bad_frames: u32,
    /// Gone when nothing is pending: an idle connection owns none.
    pending: Option<Box<Pending>>,
}

/// A handler that waits, and what waits behind it.
#[derive(Default)]
struct Pending {
    running: Option<Running>,
    /// When the running handler had to wait for the first time.
    waits_since: Option<Since>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// The client was behind and has caught up; `drain` has not begun.
    caught_up: Option<Missed>,
    /// The client's token runs out soon, and `expiring` has not begun: it stands behind so many
    /// of the waiting events, one of which may bring another token.
    expires_behind: Option<usize>,
    /// Since when the client has gone by itself while events of it still wait.
    outlived_since: Option<Since>,
}

/// A message that waits.
struct Waiting {
    said: Said<'static>,
    /// On a route with a delay.
    due: Option<Instant>,
}

/// Since when something has its time.
#[derive(Clone, Copy)]
struct Since {
    start: Instant,
    /// It had it before: once, or a handler that keeps the thread for seconds would never be cut.
    is_again: bool,
}

impl Since {
    fn now() -> Self {
        Self {
            start: Instant::now(),
            is_again: false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// `connect` has not begun.
    New,
    /// Events are handled.
    Open,
    /// `disconnect` runs.
    Leaving,
    Over,
}

impl Events {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::New,
            bad_frames: 0,
            pending: None,
        }
    }

    /// No handler ever runs: the client is not let in.
    pub(super) fn turn_away(&mut self) {
        self.stage = Stage::Over;
    }

    /// Handles a message now if nothing runs, else lets it wait.
    // Once for each message: behind a call it is a hundredth of an echo.
    #[inline(always)]
    pub(super) fn take(&mut self, session: &Arc<Session>, said: Said<'_>, cx: &mut Context<'_>) {
        if let Some(delay) = session.table().development.delay {
            let due = Instant::now() + delay;
            self.pending().push(said.kept(), Some(due));
        } else if self.pending.is_none() && self.stage == Stage::Open {
            let handler = self.message(session, said);
            self.start(session, handler, cx);
        } else {
            self.pending().push(said.kept(), None);
        }
    }

    /// The client has taken all that waited for it.
    pub(super) fn caught_up(&mut self, missed: Missed) {
        let pending = self.pending();
        let before = pending.caught_up.map_or(0, |missed| missed.messages);
        let messages = missed.messages.saturating_add(before);
        pending.caught_up = Some(Missed { messages });
    }

    /// The client's token runs out soon.
    pub(super) fn expiring(&mut self) {
        let pending = self.pending();
        pending.expires_behind = Some(pending.waiting.len());
    }

    /// Whether a handler can begin that could not a moment ago: the client has caught up.
    pub(super) fn can_go_on(&self) -> bool {
        let pending = self.pending.as_ref();
        pending.is_some_and(|pending| pending.caught_up.is_some() && pending.running.is_none())
            && self.stage == Stage::Open
    }

    /// Whether no more may wait: then the client's socket is not read.
    pub(super) fn is_full(&self, config: &Config) -> bool {
        let limit_bytes = config.event_queue_limit_bytes;
        (self.pending.as_ref()).is_some_and(|pending| pending.waiting_bytes >= limit_bytes)
    }

    /// Whether a handler runs or an event waits.
    pub(super) fn are_busy(&self) -> bool {
        let pending = self.pending.as_ref();
        pending.is_some_and(|pending| pending.running.is_some() || !pending.waiting.is_empty())
    }

    /// What waiting events hold.
    pub(super) fn held_bytes(&self) -> usize {
        let pending = self.pending.as_ref();
        pending.map_or(0, |pending| pending.waiting_bytes)
    }

    /// What waits is not handled any more.
    pub(super) fn forget_waiting(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.forget_waiting();
        }
    }

    /// Runs handlers until one waits, nothing is left to do, or the turns are used up.
    pub(super) fn poll(
        &mut self,
        session: &Arc<Session>,
        cx: &mut Context<'_>,
        turns_left: &mut usize,
    ) {
        while *turns_left > 0 {
            self.obey_our_close(session);
            if let Some(pending) = &mut self.pending
                && let Some(running) = &mut pending.running
            {
                let Poll::Ready(done) = running.poll(session, cx) else {
                    return;
                };
                let hook = self.finished(session, done);
                self.start(session, hook, cx);
                continue;
            }
            match self.stage {
                Stage::New => {
                    self.stage = Stage::Open;
                    session.begin();
                    let connect = Running::connect(session);
                    self.start(session, connect, cx);
                }
                Stage::Open => {
                    let has_ended = session.member().has_ended();
                    if has_ended {
                        self.outlive();
                    }
                    if let Some(next) = self.next(session) {
                        *turns_left -= 1;
                        self.start(session, next, cx);
                    } else if has_ended {
                        self.leave(session, cx);
                    } else {
                        return;
                    }
                }
                Stage::Leaving => self.stage = Stage::Over,
                Stage::Over => return,
            }
        }
    }

    pub(super) fn are_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// When the running handler has run for too long, or the events of a client that has
    /// gone have had as long as one handler may take.
    pub(super) fn deadline(&self, handler_timeout: Option<Duration>) -> Option<Instant> {
        let pending = self.pending.as_ref()?;
        let since = [pending.waits_since, pending.outlived_since];
        let since = since.into_iter().flatten().map(|since| since.start);
        Some(since.min()? + handler_timeout?)
    }

    pub(super) fn keep_time(&mut self, session: &Arc<Session>, now: Instant) {
        let timeout = session.table().limits().handler_timeout;
        let (Some(timeout), Some(pending)) = (timeout, &mut self.pending) else {
            return;
        };
        let is_over = |since: &mut Option<Since>| {
            let Some(since) = since else {
                return false;
            };
            let deadline = since.start + timeout;
            // What it waits for could not come while nobody ran here.
            if late(deadline, now) && !since.is_again {
                (since.start, since.is_again) = (now, true);
                return false;
            }
            deadline <= now
        };
        if is_over(&mut pending.outlived_since) {
            pending.outlived_since = None;
            pending.forget_waiting();
            // The line need not read on either, if it has not found out yet.
            session.end(Close::lost());
        }
        if is_over(&mut pending.waits_since)
            && let Some(running) = &mut pending.running
        {
            session.manager().hub().tally().handler_timeouts.add_one();
            let done = running.expire(session);
            if let Some(hook) = self.finished(session, done) {
                // Polled soon: a connection goes on working behind its deadlines.
                self.wait_for(hook);
            }
        }
    }

    /// The handler that is next, if something waits; none of its own if it has none.
    fn next(&mut self, session: &Arc<Session>) -> Option<Option<Running>> {
        let pending = self.pending.as_mut()?;
        if let Some(missed) = pending.caught_up.take() {
            return Some(Running::drain(session, missed));
        }
        if pending.expires_behind == Some(0) {
            pending.expires_behind = None;
            return Some(expiring(session));
        }
        if let Some(Waiting { due: Some(due), .. }) = pending.waiting.front()
            && *due > Instant::now()
        {
            return Some(Some(Running::delay(*due)));
        }
        let Some(said) = pending.pop() else {
            self.pending = None;
            return None;
        };
        Some(self.message(session, said))
    }

    /// The handler of a message. As many bad ones in a row as the route allows are too many.
    fn message(&mut self, session: &Arc<Session>, said: Said<'_>) -> Option<Running> {
        // One that goes well forgives the bad ones before it; a ping costs its sender nothing.
        let forgives = !said.is_control();
        if let Ok(handler) = Running::message(session, said) {
            if forgives {
                self.bad_frames = 0;
            }
            return handler;
        }
        self.bad_frames = self.bad_frames.saturating_add(1);
        if self.bad_frames == session.table().limits().max_bad_frames {
            let tally = session.manager().hub().tally();
            tally.too_many_bad_frames.add_one();
            session.end(too_many_bad_frames());
        }
        None
    }

    fn start(&mut self, session: &Arc<Session>, running: Option<Running>, cx: &mut Context<'_>) {
        let Some(mut running) = running else { return };
        match running.poll(session, cx) {
            Poll::Ready(Done::Fine) if self.pending.is_none() => {}
            Poll::Ready(done) => {
                let hook = self.finished(session, done);
                // One that is told of a failure is told of none itself, so this ends.
                self.start(session, hook, cx);
            }
            Poll::Pending => self.wait_for(running),
        }
    }

    fn wait_for(&mut self, running: Running) {
        let pending = self.pending();
        pending.waits_since = running.is_handler().then(Since::now);
        pending.running = Some(running);
    }

    /// What a handler's end means; returned is the hook that is told of its failure.
    fn finished(&mut self, session: &Arc<Session>, done: Done) -> Option<Running> {
        if let Some(pending) = &mut self.pending {
            pending.running = None;
            pending.waits_since = None;
        }
        let Done::Failed(failure) = done else {
            return None;
        };
        let Failure { close, told } = *failure;
        if let Some(close) = close {
            session.end(close);
        }
        told.and_then(|failed| Running::error(session, failed))
    }

    /// The client has gone by itself. What it left behind is still handled, but only for
    /// as long as one handler may take: it must not keep a connection alive with it.
    pub(super) fn outlive(&mut self) {
        if let Some(pending) = &mut self.pending
            && pending.outlived_since.is_none()
            && !pending.waiting.is_empty()
        {
            pending.outlived_since = Some(Since::now());
        }
    }

    /// Whom we close leaves everything at once, and what waits of it is not handled any
    /// more. Who goes by itself stays until what it sent before is handled.
    fn obey_our_close(&mut self, session: &Session) {
        let member = session.member();
        if member.was_ended_by(Initiator::Server) {
            session.manager().hub().remove(member);
            self.forget_waiting();
        }
    }

    /// Out of all rooms first, so that a `disconnect` handler that broadcasts finds
    /// nobody where the client was.
    fn leave(&mut self, session: &Arc<Session>, cx: &mut Context<'_>) {
        session.manager().hub().remove(session.member());
        self.stage = Stage::Leaving;
        session.leave();
        let Some(close) = session.member().ended() else {
            return;
        };
        let hub = session.manager().hub();
        tracing::debug!(
            client = %session.id(),
            route = session.table().path,
            code = close.code,
            by = ?close.by,
            connections = hub.client_count(),
            rooms = hub.room_count(),
            "disconnected"
        );
        let disconnect = Running::disconnect(session, close);
        self.start(session, disconnect, cx);
    }

    fn pending(&mut self) -> &mut Pending {
        self.pending.get_or_insert_default()
    }
}

impl Pending {
    fn push(&mut self, said: Said<'static>, due: Option<Instant>) {
        self.waiting_bytes += cost(&said);
        self.waiting.push_back(Waiting { said, due });
    }

    fn pop(&mut self) -> Option<Said<'static>> {
        let Waiting { said, .. } = self.waiting.pop_front()?;
        self.waiting_bytes -= cost(&said);
        self.expires_behind = self.expires_behind.map(|ahead| ahead.saturating_sub(1));
        Some(said)
    }

    fn forget_waiting(&mut self) {
        self.waiting = VecDeque::new();
        // What it waited for is gone; `disconnect` need not wait too.
        self.running.take_if(|running| !running.is_handler());
        self.waiting_bytes = 0;
        self.expires_behind = self.expires_behind.map(|_| 0);
    }
}

/// `expiring`, with what is left when it begins; none if the token was renewed meanwhile.
fn expiring(session: &Arc<Session>) -> Option<Running> {
    let (ahead, _) = session.table().expiring.as_ref()?;
    let left = session.identity()?.left(Instant::now(), *ahead)?;
    Running::expiring(session, left)
}

fn too_many_bad_frames() -> Close {
    let reason = "too many bad frames in a row";
    Close::new(code::POLICY, reason, Initiator::Server)
}

/// What a waiting event is counted for.
fn cost(said: &Said<'_>) -> usize {
    const { assert!(size_of::<Waiting>() <= QUEUE_ENTRY_BYTES) };
    said.len() + QUEUE_ENTRY_BYTES
}
