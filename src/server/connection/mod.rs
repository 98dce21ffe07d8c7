//! One connection's life: its events, its line, and the clock over both.

mod events;
mod line;
mod read_buffer;

use super::shutdown::Shutdown;
use super::socket::{Link, unbudgeted};
use super::stalled;
use crate::admit::{Due, Identity};
use crate::client::Session;
use crate::close::{Close, Initiator, code};
use crate::config::Config;
use crate::hub::{Turn as OwnTurn, Visit};
use crate::outgoing;
use crate::proto::message::Compressed;
use crate::turn_holder::TurnHolder;
use events::Events;
use line::{Line, Turn};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// A client's connection: a future that ends when its socket is closed and its
/// `disconnect` handler has run.
pub(super) struct Connection<L: Link> {
    events: Events,
    line: Line<L>,
    timer: Pin<Box<Sleep>>,
    /// The timer knows whom to wake: it need not be polled before it is over.
    is_timer_set: bool,
    _visit: Arc<Visit>,
    /// The server waits for this before it ends.
    _running: Shutdown,
}

impl<L: Link> Connection<L> {
    /// `early`: what the client sent right behind its handshake.
    pub(super) fn new(
        session: Arc<Session>,
        link: Arc<L>,
        (compressed, early): (Compressed, &[u8]),
        config: &Arc<Config>,
        visit: Arc<Visit>,
        running: Shutdown,
    ) -> Self {
        Self {
            events: Events::new(),
            line: Line::new(session, link, compressed, early, Arc::clone(config)),
            timer: Box::pin(sleep(A_LONG_TIME)),
            is_timer_set: false,
            _visit: visit,
            _running: running,
        }
    }

    /// Lets nobody in: closes as the refusal says, and waits for the peer to go.
    pub(super) fn refuse(&mut self, code: u16, reason: &str) {
        let close = outgoing::close(code, reason);
        self.line.session().member().end(close);
        self.events.turn_away();
    }

    /// Handlers, writes and reads, as far as they go now. Ready: the connection is over.
    fn work(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.line.serve(cx.waker());
        let _turn = OwnTurn::of(self.line.session().member());
        let mut turns_left = TURNS;
        loop {
            self.events.poll(self.line.session(), cx, &mut turns_left);
            let turn = self.line.poll(cx, &mut self.events, &mut turns_left);
            self.line.count_held(&mut self.events);
            if self.line.is_closed() && self.events.are_over() {
                return Poll::Ready(());
            }
            if turns_left == 0 {
                // Others on this thread get their turn.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Turn::Waits = turn
                && !self.events.can_go_on()
            {
                return Poll::Pending;
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let deadlines = [
            self.events
                .deadline(self.line.session().table().limits().handler_timeout),
            self.line.deadline(),
            self.line.session().identity().and_then(Identity::deadline),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Whether a deadline has come.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A deadline that moved later is noticed when the old one comes: moving a timer at
        // every read would cost more than one needless wake-up.
        if let Some(next) = self.next_deadline()
            && next < self.timer.deadline()
        {
            self.set_timer(next);
        }
        // Polling it costs as much as the rest of the loop, and this task has one waker.
        if self.is_timer_set && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.is_timer_set = true;
        unbudgeted(cx, |cx| self.timer.as_mut().poll(cx))
    }

    /// Tells the client that its token runs out, or closes it, when that is due.
    fn keep_to_the_lease(&mut self, now: Instant) {
        let (session, config) = (self.line.session(), self.line.config());
        let Some(identity) = session.identity() else {
            return;
        };
        let expiring = session.table().expiring.as_ref();
        let ahead = expiring.map(|(ahead, _)| *ahead);
        match identity.due(now, ahead, config.auth_grace.unwrap_or_default()) {
            Due::Nothing => {}
            Due::Telling => self.events.expiring(),
            Due::Leaving => {
                let tally = session.manager().hub().tally();
                tally.tokens_expired.add_one();
                let reason = "the token ran out and was not renewed";
                session.end(Close::new(code::TOKEN_EXPIRED, reason, Initiator::Server));
            }
        }
    }

    fn set_timer(&mut self, deadline: Instant) {
        self.timer.as_mut().reset(deadline);
        self.is_timer_set = false;
    }

    fn keep_time(&mut self, now: Instant) {
        self.keep_to_the_lease(now);
        self.events.keep_time(self.line.session(), now);
        self.line.keep_time(now, &mut self.events);
    }
}

// A future by hand and not an `async fn`, which would hold the connection twice, as its
// argument and as the local it is moved to: 640 bytes more for each idle client.
impl<L: Link> Future for Connection<L> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let connection = self.get_mut();
        let _entered = TurnHolder::of(connection.line.session()).enter();
        loop {
            if stalled::watched(|| connection.work(cx)).is_ready() {
                return Poll::Ready(());
            }
            if connection.poll_timer(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            connection.keep_time(now);
            let next = connection.next_deadline();
            connection.set_timer(next.unwrap_or(now + A_LONG_TIME));
        }
    }
}

impl<L: Link> Drop for Connection<L> {
    fn drop(&mut self) {
        let _entered = TurnHolder::of(self.line.session()).enter();
        self.line.let_go();
        // Also when this task is torn down with its runtime: nobody is left in a room.
        let session = self.line.session();
        let hub = session.manager().hub();
        hub.end(session.member(), Close::lost());
        session.leave();
        session.member().hang_up();
        // Last, because it runs code of the app's.
        session.let_go();
    }
}

/// How much one poll may do (a read, an event) before others get their turn: enough
/// to keep a burst together, little enough that it takes well under a millisecond
/// when its handlers only send.
const TURNS: usize = 64;

/// Longer than any deadline; what a timer without one is set to.
const A_LONG_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a close handshake may take: a client that says close and keeps its TCP
/// connection is gone after it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether a deadline is found so late that the process, or the whole machine, must have been
/// paused: a timer comes milliseconds late, and with every thread held by a handler no second.
/// What others sent meanwhile may still be on its way, because their systems send again ever
/// more rarely what nobody acknowledges.
fn late(deadline: Instant, now: Instant) -> bool {
    deadline + A_SECOND <= now
}

const A_SECOND: Duration = Duration::from_secs(1);

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;
    use crate::server::socket::TcpLink;

    #[test]
    fn a_connection_fits_where_its_task_keeps_it() {
        // tokio gives a task a multiple of 128 bytes, of which it needs 104 itself: one byte
        // more than this, and each idle client takes 384 and not 256.
        let bytes = size_of::<Connection<TcpLink>>();
        assert!(bytes <= 152, "{bytes} bytes");
    }
}
