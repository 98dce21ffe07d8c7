//! A line's deadlines: silence, a message that does not end, a socket that takes nothing.

use super::{Line, Stage};
use crate::close::{Close, Initiator, code};
use crate::hub::{Flushed, Message};
use crate::proto::frame::{self, OpCode};
use crate::server::connection::events::Events;
use crate::server::connection::late;
use crate::server::socket::Link;
use std::sync::Arc;
use tokio::time::Instant;

impl<L: Link> Line<L> {
    pub(in crate::server::connection) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open { .. } => {
                let silence = self.silence_deadline();
                if self.held.is_none() {
                    return silence;
                }
                let deadlines = [
                    silence,
                    self.message_deadline(),
                    self.write_deadline(),
                    self.heartbeat_deadline(),
                    self.activity_deadline(),
                ];
                deadlines.into_iter().flatten().min()
            }
            Stage::Closing { deadline, .. } => Some(deadline),
            Stage::Closed => None,
        }
    }

    /// Does what is due by now.
    ///
    /// Whatever had arrived was read right before. A process that was paused finds its
    /// deadlines passed long ago: then nobody is closed who was not asked since.
    pub(in crate::server::connection) fn keep_time(&mut self, now: Instant, events: &mut Events) {
        match self.stage {
            Stage::Open { .. } => self.keep_open_time(now, events),
            Stage::Closing { deadline, .. } if deadline <= now => {
                self.tally().close_timeouts.add_one();
                self.close();
            }
            Stage::Closing { .. } | Stage::Closed => {}
        }
    }

    fn keep_open_time(&mut self, now: Instant, events: &mut Events) {
        // Who is closed for one of them is not closed, and counted, for another.
        let is_due = |line: &Self, deadline: Option<Instant>| {
            deadline.is_some_and(|deadline| deadline <= now) && !line.session.member().has_ended()
        };
        if is_due(self, self.write_deadline()) {
            self.ask_the_socket(now, events);
        }
        if is_due(self, self.message_deadline()) {
            self.cut_the_message(now);
        }
        if is_due(self, self.silence_deadline()) {
            self.ask_for_life(now, events);
        }
        if is_due(self, self.heartbeat_deadline()) {
            self.beat(now, events);
        }
        if is_due(self, self.activity_deadline()) {
            self.ask_for_activity(now, events);
        }
    }

    /// Something came in: a sign of life.
    pub(super) fn heard(&mut self, now: Instant) {
        self.restart_silence(now);
        self.note_bytes();
    }

    fn restart_silence(&mut self, now: Instant) {
        if let Stage::Open { since, is_pinged } = &mut self.stage {
            (*since, *is_pinged) = (now, false);
        }
    }

    /// What a flush says of the socket and of its peer.
    pub(super) fn note_progress(&mut self, flushed: &Flushed, events: &mut Events) {
        let has_moved = flushed.bytes > 0;
        if has_moved
            && (flushed.is_blocked || flushed.caught_up.is_some())
            && let Stage::Open { since, .. } = &mut self.stage
        {
            // No sign of life, which only comes in; but the clock stands, because a ping waits
            // behind a long download, and its pong can only come after it.
            let now = Instant::now();
            *since = now;
            self.note_movement(now);
        }
        if flushed.is_blocked {
            self.note_stall(has_moved);
        }
        if let Some(missed) = flushed.caught_up {
            self.forget_stall();
            events.caught_up(missed);
        }
    }

    /// The socket takes no more now; from here on it must move within the write timeout.
    fn note_stall(&mut self, has_moved: bool) {
        if self.session.table().limits().write_timeout.is_some() {
            let held = self.held.get_or_insert_default();
            if has_moved || held.stalled_since.is_none() {
                held.stalled_since = Some(Instant::now());
            }
        }
    }

    fn forget_stall(&mut self) {
        if let Some(held) = &mut self.held {
            held.stalled_since = None;
        }
    }

    fn silence_deadline(&self) -> Option<Instant> {
        let Stage::Open { since, is_pinged } = self.stage else {
            return None;
        };
        let whole = self.session.table().limits().idle_timeout?;
        let half = whole / 2;
        let wait = if is_pinged { whole - half } else { half };
        Some(since + wait)
    }

    /// When the message that has come in part must have come.
    fn message_deadline(&self) -> Option<Instant> {
        let since = self.held.as_ref()?.part.as_ref()?.since?;
        Some(since + self.session.table().limits().message_timeout?)
    }

    /// When the socket must have taken something.
    fn write_deadline(&self) -> Option<Instant> {
        let since = self.held.as_ref()?.stalled_since?;
        Some(since + self.session.table().limits().write_timeout?)
    }

    /// Asks for a sign of life at half of the idle timeout, closes at the whole.
    fn ask_for_life(&mut self, now: Instant, events: &Events) {
        // Silent is who says nothing, not who is not listened to. Whether it is still there,
        // a socket that is not read tells only when it is written to.
        if !self.listens(events) {
            self.restart_silence(now);
            self.ping();
            return;
        }
        // Nor who could not be heard for as long as nobody ran here.
        let is_late = (self.silence_deadline()).is_some_and(|deadline| late(deadline, now));
        match &mut self.stage {
            Stage::Open { is_pinged, since } if !*is_pinged || is_late => {
                (*since, *is_pinged) = (now, true);
                self.ping();
            }
            _ => self.give_up("silent for too long: no pong came"),
        }
    }

    /// Whether what the client says is read now.
    pub(super) fn listens(&self, events: &Events) -> bool {
        !events.is_full(&self.config) && !self.has_backlog()
    }

    /// Closes a client that says nothing any more.
    pub(super) fn give_up(&mut self, reason: &str) {
        self.end_as_silent(reason);
        // Who was silent for that long will not answer a close frame either.
        self.close();
    }

    pub(super) fn end_as_silent(&self, reason: &str) {
        self.tally().silent.add_one();
        let code = self.session.table().limits().silent_code;
        self.session
            .end(Close::new(code, reason, Initiator::Server));
    }

    /// No part of a message is held while the events are full, so that the time is its sender's,
    /// unless nobody ran here.
    fn cut_the_message(&mut self, now: Instant) {
        if (self.message_deadline()).is_some_and(|deadline| late(deadline, now)) {
            if let Some(part) = self.held.as_mut().and_then(|held| held.part.as_mut()) {
                part.since = Some(now);
            }
            return;
        }
        self.tally().message_timeouts.add_one();
        let reason = "message took too long";
        let close = Close::new(code::POLICY, reason, Initiator::Server);
        self.session.end(close);
        self.forget_input();
    }

    /// Asks the socket itself before the client is cut: it may take a little long before the
    /// system says that it does.
    fn ask_the_socket(&mut self, now: Instant, events: &mut Events) {
        let is_late = (self.write_deadline()).is_some_and(|deadline| late(deadline, now));
        match self.session.member().flush_anyway() {
            Ok(flushed) if flushed.is_blocked && flushed.bytes == 0 && !is_late => {
                self.cut_the_socket();
            }
            Ok(flushed) => {
                self.forget_stall();
                self.note_progress(&flushed, events);
            }
            // The next flush finds it too, and reading goes on.
            Err(_) => self.forget_stall(),
        }
    }

    fn cut_the_socket(&mut self) {
        self.tally().write_stalls.add_one();
        let reason = "too slow: nothing was taken for too long";
        let close = Close::new(code::TRY_AGAIN_LATER, reason, Initiator::Server);
        self.session.end(close);
        // It would not take a close frame either.
        self.close();
    }

    pub(super) fn ping(&self) {
        let ping = frame::encode(OpCode::Ping, b"");
        self.session.member().ping(Arc::new(Message::kept(ping)));
    }
}
