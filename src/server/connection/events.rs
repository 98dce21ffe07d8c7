//! A client's events, handled one after another: `connect` first, `disconnect` last.

use crate::client::Session;
use crate::close::{Close, Initiator};
use crate::config::QUEUE_ENTRY_BYTES;
use crate::route::{Done, Running, Said};
use crate::slow::Missed;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The handlers of one connection: at most one runs, the next events wait.
pub(super) struct Events {
    session: Arc<Session>,
    stage: Stage,
    running: Option<Running>,
    /// When the running handler had to wait for the first time.
    waits_since: Option<Instant>,
    waiting: VecDeque<Said<'static>>,
    waiting_bytes: usize,
    /// The client was behind and has caught up; `drain` has not begun.
    caught_up: Option<Missed>,
    limit_bytes: usize,
    handler_timeout: Option<Duration>,
    /// Since when the client has gone by itself while events of it still wait.
    outlived_since: Option<Instant>,
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
    pub(super) fn new(
        session: Arc<Session>,
        limit_bytes: usize,
        handler_timeout: Option<Duration>,
    ) -> Self {
        Self {
            session,
            stage: Stage::New,
            running: None,
            waits_since: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            caught_up: None,
            limit_bytes,
            handler_timeout,
            outlived_since: None,
        }
    }

    /// No handler ever runs: the client is not let in.
    pub(super) fn turn_away(&mut self) {
        self.stage = Stage::Over;
    }

    /// Handles a message now if nothing runs, else lets it wait.
    pub(super) fn take(&mut self, said: Said<'_>, cx: &mut Context<'_>) {
        if self.running.is_none() && self.waiting.is_empty() && self.stage == Stage::Open {
            let handler = Running::message(&self.session, said);
            self.start(handler, cx);
        } else {
            self.waiting_bytes += cost(&said);
            self.waiting.push_back(said.kept());
        }
    }

    /// The client has taken all that waited for it.
    pub(super) fn caught_up(&mut self, missed: Missed) {
        let before = self.caught_up.map_or(0, |missed| missed.messages);
        let messages = missed.messages.saturating_add(before);
        self.caught_up = Some(Missed { messages });
    }

    /// Whether no more may wait: then the client's socket is not read.
    pub(super) fn is_full(&self) -> bool {
        self.waiting_bytes >= self.limit_bytes
    }

    /// Runs handlers until one waits, nothing is left to do, or the turns are used up.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, turns_left: &mut usize) {
        while *turns_left > 0 {
            self.obey_our_close();
            if let Some(running) = &mut self.running {
                let Poll::Ready(done) = running.poll(&self.session, cx) else {
                    return;
                };
                self.finished(done);
                continue;
            }
            match self.stage {
                Stage::New => {
                    self.stage = Stage::Open;
                    let connect = Running::connect(&self.session);
                    self.start(connect, cx);
                }
                Stage::Open => {
                    if self.session.member().has_ended() {
                        self.outlive();
                    }
                    if let Some(missed) = self.caught_up.take() {
                        *turns_left -= 1;
                        let drain = Running::drain(&self.session, missed);
                        self.start(drain, cx);
                    } else if let Some(said) = self.waiting.pop_front() {
                        self.waiting_bytes -= cost(&said);
                        *turns_left -= 1;
                        let handler = Running::message(&self.session, said);
                        self.start(handler, cx);
                    } else if self.session.member().has_ended() {
                        self.leave(cx);
                    } else {
                        // An idle connection owns no queue.
                        self.waiting = VecDeque::new();
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
    pub(super) fn deadline(&self) -> Option<Instant> {
        let since = [self.waits_since, self.outlived_since];
        Some(since.into_iter().flatten().min()? + self.handler_timeout?)
    }

    pub(super) fn keep_time(&mut self, now: Instant) {
        let Some(timeout) = self.handler_timeout else {
            return;
        };
        let is_over = |since: Option<Instant>| since.is_some_and(|since| since + timeout <= now);
        if is_over(self.outlived_since) {
            self.outlived_since = None;
            self.forget_waiting();
            // The line need not read on either, if it has not found out yet.
            self.session.end(Close::lost());
        }
        if is_over(self.waits_since)
            && let Some(running) = &mut self.running
        {
            let done = running.expire(&self.session);
            self.finished(done);
        }
    }

    fn start(&mut self, running: Option<Running>, cx: &mut Context<'_>) {
        let Some(mut running) = running else { return };
        match running.poll(&self.session, cx) {
            Poll::Ready(done) => self.finished(done),
            Poll::Pending => {
                self.waits_since = Some(Instant::now());
                self.running = Some(running);
            }
        }
    }

    fn finished(&mut self, done: Done) {
        self.running = None;
        self.waits_since = None;
        if let Some(close) = done.into_close() {
            self.session.end(close);
        }
    }

    /// The client has gone by itself. What it left behind is still handled, but only for
    /// as long as one handler may take: it must not keep a connection alive with it.
    pub(super) fn outlive(&mut self) {
        if self.outlived_since.is_none() && !self.waiting.is_empty() {
            self.outlived_since = Some(Instant::now());
        }
    }

    /// Whom we close leaves everything at once, and what waits of it is not handled any
    /// more. Who goes by itself stays until what it sent before is handled.
    fn obey_our_close(&mut self) {
        let member = self.session.member();
        if member.was_ended_by(Initiator::Server) {
            self.session.manager().hub().remove(member);
            self.forget_waiting();
        }
    }

    fn forget_waiting(&mut self) {
        self.waiting = VecDeque::new();
        self.waiting_bytes = 0;
    }

    /// Out of all rooms first, so that a `disconnect` handler that broadcasts finds
    /// nobody where the client was.
    fn leave(&mut self, cx: &mut Context<'_>) {
        self.session.manager().hub().remove(self.session.member());
        self.stage = Stage::Leaving;
        let Some(close) = self.session.member().ended() else {
            return;
        };
        tracing::debug!(client = %self.session.id(), route = self.session.table().path, code = close.code, by = ?close.by, "disconnected");
        let disconnect = Running::disconnect(&self.session, close);
        self.start(disconnect, cx);
    }
}

/// What a waiting event is counted for.
fn cost(said: &Said<'_>) -> usize {
    said.len() + QUEUE_ENTRY_BYTES
}
