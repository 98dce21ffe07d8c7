//! A client's events, handled one after another: `connect` first, `disconnect` last.

use crate::client::Session;
use crate::close::Initiator;
use crate::route::{Ended, Running};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The handlers of one connection: at most one runs, the next events wait.
pub(super) struct Events {
    session: Arc<Session>,
    stage: Cell<Stage>,
    running: Option<Running>,
    /// When the running handler had to wait for the first time.
    waits_since: Option<Instant>,
    waiting: VecDeque<Box<str>>,
    waiting_bytes: usize,
    limit_bytes: usize,
    handler_timeout: Option<Duration>,
    /// We closed the client, and acted on it.
    is_dismissed: bool,
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
            stage: Cell::new(Stage::New),
            running: None,
            waits_since: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            limit_bytes,
            handler_timeout,
            is_dismissed: false,
        }
    }

    /// No handler ever runs: the client is not let in.
    pub(super) fn turn_away(&self) {
        self.stage.set(Stage::Over);
    }

    /// Handles a text message now if nothing runs, else lets it wait.
    pub(super) fn take(&mut self, text: &str, cx: &mut Context<'_>) {
        if self.running.is_none() && self.waiting.is_empty() && self.stage.get() == Stage::Open {
            let event = Running::event(&self.session, text);
            self.start(event, cx);
        } else {
            self.waiting_bytes += cost(text);
            self.waiting.push_back(text.into());
        }
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
                let Poll::Ready(ended) = running.poll(&self.session, cx) else {
                    return;
                };
                self.ended(ended);
                continue;
            }
            match self.stage.get() {
                Stage::New => {
                    self.stage.set(Stage::Open);
                    let connect = Running::connect(&self.session);
                    self.start(connect, cx);
                }
                Stage::Open => {
                    if let Some(text) = self.waiting.pop_front() {
                        self.waiting_bytes -= cost(&text);
                        *turns_left -= 1;
                        let event = Running::event(&self.session, &text);
                        self.start(event, cx);
                    } else if self.session.member().has_ended() {
                        self.leave(cx);
                    } else {
                        // An idle connection owns no queue.
                        self.waiting = VecDeque::new();
                        return;
                    }
                }
                Stage::Leaving => self.stage.set(Stage::Over),
                Stage::Over => return,
            }
        }
    }

    pub(super) fn are_over(&self) -> bool {
        self.stage.get() == Stage::Over
    }

    /// When the running handler has run for too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Some(self.waits_since? + self.handler_timeout?)
    }

    pub(super) fn keep_time(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| deadline <= now)
            && let Some(running) = &mut self.running
        {
            let ended = running.expire(&self.session);
            self.ended(ended);
        }
    }

    fn start(&mut self, running: Option<Running>, cx: &mut Context<'_>) {
        let Some(mut running) = running else { return };
        match running.poll(&self.session, cx) {
            Poll::Ready(ended) => self.ended(ended),
            Poll::Pending => {
                self.waits_since = Some(Instant::now());
                self.running = Some(running);
            }
        }
    }

    fn ended(&mut self, ended: Ended) {
        self.running = None;
        self.waits_since = None;
        if let Some(close) = ended.into_close() {
            self.session
                .manager()
                .hub()
                .end(self.session.member(), close);
        }
    }

    /// Whom we close leaves everything at once, and what waits of it is not handled any
    /// more. Who goes by itself stays until what it sent before is handled.
    fn obey_our_close(&mut self) {
        let member = self.session.member();
        if !self.is_dismissed && member.was_ended_by(Initiator::Server) {
            self.is_dismissed = true;
            self.waiting.clear();
            self.waiting_bytes = 0;
            self.session.manager().hub().remove(member);
        }
    }

    /// Out of all rooms first, so that a `disconnect` handler that broadcasts finds
    /// nobody where the client was.
    fn leave(&mut self, cx: &mut Context<'_>) {
        self.session.manager().hub().remove(self.session.member());
        self.stage.set(Stage::Leaving);
        let Some(close) = self.session.member().ended() else {
            return;
        };
        tracing::debug!(client = %self.session.id(), route = self.session.table().path, code = close.code, by = ?close.by, "disconnected");
        let disconnect = Running::disconnect(&self.session, close);
        self.start(disconnect, cx);
    }
}

/// What a waiting event is counted for: its text and its place in the queue.
fn cost(text: &str) -> usize {
    text.len() + ENTRY_BYTES
}

const ENTRY_BYTES: usize = 64;
