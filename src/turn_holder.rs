//! Whose turn it is on a thread, so that each line of the log can say so.
//!
//! Entering and leaving copies three words: no lock, no count, and no span that each
//! connection would have to own.

use crate::client::Session;
use crate::id::ClientId;
use crate::route::Table;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;

thread_local! {
    static CURRENT: Cell<Option<TurnHolder>> = const { Cell::new(None) };
}

/// A client and its route, or a route and somebody who is not let in yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TurnHolder {
    pub(crate) client: Option<ClientId>,
    pub(crate) route: &'static str,
}

impl TurnHolder {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            client: Some(session.id()),
            route: session.table().lasting_path,
        }
    }

    pub(crate) fn of_route(table: &Table) -> Self {
        Self {
            client: None,
            route: table.lasting_path,
        }
    }

    /// Whose turn it is on this thread.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.get()
    }

    /// Says that it is this one's turn, until what is returned is dropped.
    pub(crate) fn enter(self) -> Entered {
        Entered(CURRENT.replace(Some(self)))
    }

    /// The same future, whose polls are this one's turns.
    pub(crate) async fn over<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(move |cx| {
            let _entered = self.enter();
            future.as_mut().poll(cx)
        })
        .await
    }
}

/// Holds whose turn it was before: a handler may drive another connection on its thread.
#[must_use = "dropped, it ends the turn"]
pub(crate) struct Entered(Option<TurnHolder>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};

    fn holder(number: u64) -> TurnHolder {
        TurnHolder {
            client: Some(ClientId::new(1, number)),
            route: "/ws",
        }
    }

    #[test]
    fn a_turn_inside_another_gives_it_back() {
        assert_eq!(TurnHolder::current(), None);
        let outer = holder(1).enter();
        {
            let _inner = holder(2).enter();
            assert_eq!(TurnHolder::current(), Some(holder(2)));
        }
        assert_eq!(TurnHolder::current(), Some(holder(1)));
        drop(outer);
        assert_eq!(TurnHolder::current(), None);
    }

    #[test]
    fn a_future_has_its_turn_only_while_it_is_polled() {
        let mut polls = 0;
        let mut future = pin!(holder(1).over(poll_fn(|_| {
            assert_eq!(TurnHolder::current(), Some(holder(1)));
            polls += 1;
            if polls < 2 {
                Poll::Pending
            } else {
                Poll::Ready(polls)
            }
        })));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!(TurnHolder::current(), None);
        assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(2));
        assert_eq!(TurnHolder::current(), None);
    }

    #[test]
    fn a_panic_ends_the_turn_too() {
        let panicked = std::panic::catch_unwind(|| {
            let _entered = holder(1).enter();
            panic!("as planned");
        });
        assert!(panicked.is_err());
        assert_eq!(TurnHolder::current(), None);
    }
}
