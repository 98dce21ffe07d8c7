//! A line's deadlines: silence, and a close handshake that does not end.

use super::{Line, Stage};
use crate::hub::{Flushed, Message};
use crate::proto::frame::{self, OpCode};
use crate::server::connection::events::Events;
use crate::server::connection::silent;
use crate::server::socket::Link;
use std::sync::Arc;
use tokio::time::Instant;

impl<L: Link> Line<L> {
    pub(in crate::server::connection) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open { .. } => self.silence_deadline(),
            Stage::Closing { deadline, .. } => Some(deadline),
            Stage::Closed => None,
        }
    }

    /// Does what is due by now.
    ///
    /// Whatever had arrived was read right before. A process that was paused finds
    /// its deadlines passed, and its peers' pongs, or the chance to ask, waiting.
    pub(in crate::server::connection) fn keep_time(&mut self, now: Instant, events: &Events) {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        match self.stage {
            Stage::Open { .. } => self.ask_for_life(now, events),
            Stage::Closing { .. } => self.close(),
            Stage::Closed => {}
        }
    }

    /// A sign of life.
    pub(super) fn heard(&mut self, now: Instant) {
        if let Stage::Open { since, is_pinged } = &mut self.stage {
            (*since, *is_pinged) = (now, false);
        }
    }

    /// What a flush says of the socket and of its peer.
    pub(super) fn note_progress(&mut self, flushed: &Flushed, events: &mut Events) {
        if flushed.bytes > 0
            && (flushed.is_blocked || flushed.caught_up.is_some())
            && let Stage::Open { since, .. } = &mut self.stage
        {
            // The socket took something, so the peer took something: a long download is
            // not silence, and the pong that was asked for can only come behind it.
            *since = Instant::now();
        }
        if let Some(missed) = flushed.caught_up {
            events.caught_up(missed);
        }
    }

    fn silence_deadline(&self) -> Option<Instant> {
        let Stage::Open { since, is_pinged } = self.stage else {
            return None;
        };
        let whole = self.config.idle_timeout?;
        let half = whole / 2;
        let wait = if is_pinged { whole - half } else { half };
        Some(since + wait)
    }

    /// Asks for a sign of life at half of the idle timeout, closes at the whole.
    fn ask_for_life(&mut self, now: Instant, events: &Events) {
        // Silent is who says nothing, not who is not listened to. Whether it is still there,
        // a socket that is not read tells only when it is written to.
        if events.is_full(&self.config) || self.has_backlog() {
            self.heard(now);
            self.ping();
            return;
        }
        match &mut self.stage {
            Stage::Open { is_pinged, since } if !*is_pinged => {
                (*since, *is_pinged) = (now, true);
                self.ping();
            }
            _ => {
                self.session.end(silent());
                // Who was silent for that long will not answer a close frame either.
                self.close();
            }
        }
    }

    fn ping(&self) {
        let ping = frame::encode(OpCode::Ping, b"");
        self.session.member().ping(Arc::new(Message::kept(ping)));
    }
}
