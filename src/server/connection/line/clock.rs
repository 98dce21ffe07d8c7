//! Heartbeats and activity: what a line keeps of time where its route asks for more than silence.

use super::{Line, Stage};
use crate::route::{Heartbeat, Limits};
use crate::server::connection::events::Events;
use crate::server::connection::late;
use crate::server::socket::Link;
use tokio::time::Instant;

/// When a client is pinged next, and when it was active last.
pub(super) struct Clock {
    beat: Option<Beat>,
    /// When the last message came, or the socket took something of what waits.
    active_at: Instant,
}

/// A heart: a ping at each interval, until too many of them brought nothing.
struct Beat {
    due: Instant,
    /// Pings since anything came in.
    unanswered: u32,
    /// The socket has taken something of what waits since the last ping, which stands behind it.
    has_moved: bool,
}

impl Clock {
    /// `None` where a route asks for neither.
    pub(super) fn new(limits: &Limits, now: Instant) -> Option<Self> {
        let beat = limits.heartbeat.map(|heartbeat| Beat {
            due: now + heartbeat.interval,
            unanswered: 0,
            has_moved: false,
        });
        (beat.is_some() || limits.inactivity_timeout.is_some()).then_some(Self {
            beat,
            active_at: now,
        })
    }

    /// Something came in.
    fn heard(&mut self) {
        if let Some(beat) = &mut self.beat {
            beat.unanswered = 0;
        }
    }

    /// The socket took something of what waits, so what is asked behind it cannot be answered yet.
    fn moved(&mut self, now: Instant) {
        self.active_at = now;
        if let Some(beat) = &mut self.beat {
            beat.has_moved = true;
        }
    }
}

impl Beat {
    /// The next ping is due. False if there were too many already.
    ///
    /// One that comes late counts nothing: nobody ran here, and what was answered meanwhile
    /// may still be on its way.
    fn goes_on(&mut self, now: Instant, heartbeat: Heartbeat, listens: bool) -> bool {
        let counts = listens && !self.has_moved && !late(self.due, now);
        if counts && self.unanswered >= heartbeat.misses {
            return false;
        }
        self.unanswered += u32::from(counts);
        self.has_moved = false;
        self.due = now + heartbeat.interval;
        true
    }
}

impl<L: Link> Line<L> {
    pub(super) fn heartbeat_deadline(&self) -> Option<Instant> {
        Some(self.clock()?.beat.as_ref()?.due)
    }

    /// When the client must have sent a message.
    pub(super) fn activity_deadline(&self) -> Option<Instant> {
        let timeout = self.session.table().limits().inactivity_timeout?;
        Some(self.clock()?.active_at + timeout)
    }

    /// Pings, or closes who has answered nothing for too long.
    pub(super) fn beat(&mut self, now: Instant, events: &Events) {
        let listens = self.listens(events);
        let heartbeat = self.session.table().limits().heartbeat;
        let beat = self.clock_mut().and_then(|clock| clock.beat.as_mut());
        let (Some(beat), Some(heartbeat)) = (beat, heartbeat) else {
            return;
        };
        if beat.goes_on(now, heartbeat, listens) {
            self.ping();
        } else {
            self.give_up("heartbeat: nothing came between the pings");
        }
    }

    /// Closes who has sent no message for too long.
    pub(super) fn ask_for_activity(&mut self, now: Instant, events: &Events) {
        let is_late = (self.activity_deadline()).is_some_and(|deadline| late(deadline, now));
        if is_late || events.are_busy() || self.reads_a_message() || !self.listens(events) {
            self.set_active(now);
            return;
        }
        self.end_as_silent("inactive for too long: no message came");
    }

    /// A message has come, with what was read last.
    pub(super) fn note_message(&mut self) {
        if let Stage::Open { since, .. } = self.stage {
            self.set_active(since);
        }
    }

    pub(super) fn note_bytes(&mut self) {
        if let Some(clock) = self.clock_mut() {
            clock.heard();
        }
    }

    pub(super) fn note_movement(&mut self, now: Instant) {
        if let Some(clock) = self.clock_mut() {
            clock.moved(now);
        }
    }

    fn set_active(&mut self, now: Instant) {
        if let Some(clock) = self.clock_mut() {
            clock.active_at = now;
        }
    }

    fn clock(&self) -> Option<&Clock> {
        self.held.as_ref()?.clock.as_ref()
    }

    fn clock_mut(&mut self) -> Option<&mut Clock> {
        self.held.as_mut()?.clock.as_mut()
    }

    fn reads_a_message(&self) -> bool {
        let part = self.held.as_ref().and_then(|held| held.part.as_ref());
        part.is_some_and(|part| part.decoder.is_under_way())
    }
}
