//! What a message and a ping cost: nothing, until there are too many.

use super::Line;
use crate::close::{Close, Initiator, code};
use crate::envelope::Failure;
use crate::rate_limit::{Sent, Verdict};
use crate::route::{Said, id_of};
use crate::server::socket::Link;
use std::time::Duration;
use tokio::time::Instant;

impl<L: Link> Line<L> {
    /// The time of what was read, asked for once; `None` if nobody needs it.
    pub(super) fn time_of_reading(&self) -> Option<Instant> {
        self.asks_for_time.then(Instant::now)
    }

    /// When what is read now was sent, as far as anybody counts it.
    pub(super) fn sent(&self, now: Option<Instant>) -> Sent {
        let Some(now) = now.filter(|_| self.counts) else {
            return Sent::at(Duration::ZERO);
        };
        let began = self.session.table().limits().began;
        let since_began = |time: Instant| time.saturating_duration_since(began);
        let unread_since = self.held.as_ref().and_then(|held| held.unread_since);
        Sent::between(since_began(unread_since.unwrap_or(now)), since_began(now))
    }

    /// Whether a message is handled. If it is not, its sender has been told what it must be told.
    pub(super) fn lets_in(&mut self, said: &Said<'_>, sent: Sent) -> bool {
        if !self.counts_messages {
            return true;
        }
        let rate = self.session.table().limits().messages.as_ref();
        match (self.messages).count(rate, self.session.user_bucket(), sent) {
            Verdict::Taken => true,
            verdict => {
                self.refuse(said, &verdict);
                false
            }
        }
    }

    /// Whether a ping or a pong is one of those that its sender may send; else it is closed.
    pub(super) fn lets_control_in(&mut self, sent: Sent) -> bool {
        let Some(rate) = &self.session.table().limits().control else {
            return true;
        };
        let is_in = self.control.take(rate, sent).is_ok();
        if !is_in {
            self.tally().too_many_pings.add_one();
            let close = Close::new(code::POLICY, "too many pings", Initiator::Server);
            self.session.end(close);
        }
        is_in
    }

    #[cold]
    fn refuse(&self, said: &Said<'_>, verdict: &Verdict) {
        self.tally().rate_limited.add_one();
        match verdict {
            Verdict::Refused { retry_after } => {
                let id = id_of(&self.session, said);
                let failure = too_many(*retry_after);
                self.session.send_failure(&failure, id.as_deref());
            }
            Verdict::TooMany => {
                let code = self.session.table().limits().too_many_code;
                let close = Close::new(code, "too many messages", Initiator::Server);
                self.session.end(close);
            }
            Verdict::Ignored | Verdict::Taken => {}
        }
    }
}

/// What the first message over the limit is answered.
fn too_many(retry_after: Duration) -> Failure<'static> {
    let milliseconds = retry_after.as_nanos().div_ceil(1_000_000);
    Failure {
        message: "Too many messages",
        code: "rate_limited",
        retry_after: Some(u64::try_from(milliseconds).unwrap_or(u64::MAX)),
    }
}
