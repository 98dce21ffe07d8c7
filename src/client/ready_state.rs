//! How far a connection has come.

use super::{Client, Session};
use std::sync::atomic::{AtomicU8, Ordering};

/// How far a connection has come, with the numbers of the web's `readyState`.
///
/// ```
/// assert_eq!(orcs::ReadyState::Open as u8, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "readyState")]
pub enum ReadyState {
    /// It is let in, and its `connect` has not begun. What it is sent waits for it.
    Connecting = 0,
    /// It is there, from its `connect` on.
    Open = 1,
    /// Somebody has ended it: what was sent before and a close frame are on their way.
    Closing = 2,
    /// Its socket is gone.
    Closed = 3,
}

impl<D> Client<D> {
    /// How far its connection has come.
    ///
    /// A `send` needs no look at it: its [`Delivery`](crate::Delivery) tells, and between a look
    /// and a `send` a client may go. In `disconnect` it is `Closing`, or `Closed` where the
    /// connection broke or was cut.
    #[must_use]
    #[doc(alias = "readyState")]
    pub fn ready_state(&self) -> ReadyState {
        self.session.ready_state()
    }
}

impl Session {
    fn ready_state(&self) -> ReadyState {
        if self.member.has_hung_up() {
            ReadyState::Closed
        } else if self.member.has_ended() {
            ReadyState::Closing
        } else if self.phase.has_begun() {
            ReadyState::Open
        } else {
            ReadyState::Connecting
        }
    }

    /// Its `connect` begins.
    pub(crate) fn begin(&self) {
        self.phase.begin();
    }

    /// Its `disconnect` begins, or its connection is torn down: its tasks end.
    pub(crate) fn leave(&self) {
        if self.phase.leave() {
            self.manager.tasks().end_all_of(self.id());
        }
    }
}

/// Where a client's handlers are, in one byte.
#[derive(Default)]
pub(super) struct Phase(AtomicU8);

const HAS_BEGUN: u8 = 1;
const HAS_LEFT: u8 = 2;
const HAS_TASKS: u8 = 4;

impl Phase {
    fn begin(&self) {
        self.0.fetch_or(HAS_BEGUN, Ordering::AcqRel);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire) & HAS_BEGUN != 0
    }

    /// Takes no more tasks. True if there may be some.
    fn leave(&self) -> bool {
        let before = self.0.fetch_or(HAS_LEFT, Ordering::AcqRel);
        before & (HAS_TASKS | HAS_LEFT) == HAS_TASKS
    }

    /// Whether a task may begin; whoever makes the client leave looks for it from now on.
    pub(super) fn takes_task(&self) -> bool {
        self.0.fetch_or(HAS_TASKS, Ordering::AcqRel) & HAS_LEFT == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admit::Admitted;
    use crate::close::{Close, Initiator};
    use crate::config::Config;
    use crate::hub::{Member, Wire};
    use crate::id::ClientId;
    use crate::manager::WebSocketManager;
    use crate::route::{Routes, ws};
    use std::io::{self, IoSlice};
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    struct Nowhere;

    impl Wire for Nowhere {
        fn try_write(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }

        fn wake(&self) {}
    }

    #[test]
    fn a_client_is_connecting_until_its_connect_begins() {
        let table = Routes::from(ws("/ws")).tables.remove(0);
        let terms = Arc::new(table.terms(&Config::default(), &Arc::default()));
        let session = Session::new(
            |owner| Member::new(ClientId::new(1, 1), Arc::new(Nowhere), terms, owner),
            WebSocketManager::new(128, drop),
            Arc::new(table),
            Admitted::nobody(),
            Ipv4Addr::LOCALHOST.into(),
        );
        let client = Client::of(&session);
        assert_eq!(client.ready_state(), ReadyState::Connecting);
        session.begin();
        assert_eq!(client.ready_state(), ReadyState::Open);
        session.end(Close::new(1000, "", Initiator::Server));
        assert_eq!(client.ready_state(), ReadyState::Closing);
        session.member().hang_up();
        assert_eq!(client.ready_state(), ReadyState::Closed);
    }
}
