//! Handlers that one client has for itself, while it is connected.

use super::kept::Kept;
use super::{Client, Session};
use crate::lock::lock;
use crate::route::{self, AsyncFn2, Awaitable, Handler, Outcome, Payload};
use std::fmt;
use std::sync::{Arc, Weak};

/// The handlers of one client, in the order in which they were added.
#[derive(Default)]
pub(super) struct Listeners {
    list: Vec<Listening>,
    /// The number of the newest.
    newest: u64,
}

struct Listening {
    number: u64,
    event: Arc<str>,
    handler: Handler,
}

/// A handler that [`Client::on`] added. Dropping it changes nothing.
#[derive(Clone)]
pub struct Listener {
    session: Weak<Session>,
    number: u64,
}

impl<D: Send + Sync + 'static> Client<D> {
    /// Handles an event of this client alone, from its next message on, until
    /// [`off`](Self::off) or until it has gone.
    ///
    /// These handlers are asked before all others: where a client has one, neither the route's
    /// nor those of [`WebSocketManager::on`](crate::WebSocketManager::on) run, while the route's
    /// [`guard`](crate::Route::guard)s for the event still stand in front. Several of one event
    /// run in the order in which they were added; the last one's answer is the answer, an `Err`
    /// ends the row. Source: CandyPack and OpenSpeed `ws.on`.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let quiz = ws("/ws/quiz").on("ask", async |client, question: String| {
    ///     client.send("question", &question);
    ///     client.on("answer", async |client, answer: String| {
    ///         client.off("answer");                       // the first one counts
    ///         client.to("quiz").send("answered", &answer);
    ///     });
    /// });
    /// # let _ = quiz;
    /// ```
    ///
    /// # Panics
    ///
    /// For a lifecycle name (`connect`, ..), or a name that begins with `orcs:`; for any but
    /// `message` on a route that speaks [`Raw`](crate::codec::Raw) or
    /// [`Auto`](crate::codec::Auto), where nothing could ever reach it; and when the
    /// client has 256 already, because a handler that adds one at each message would never
    /// end. In a handler the sender reads `internal` then, and the log says why.
    #[doc(alias = "addEventListener")]
    pub fn on<P, H, Fut>(&self, event: &str, handler: H) -> Listener
    where
        P: Payload,
        H: FnOnce(Self, P) -> Fut + AsyncFn2<Self, P, Fut::Answer> + Clone + Send + Sync + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        let problem = route::problem_with(event);
        if let Some(problem) = problem.or_else(|| self.session.table.unreachable(event)) {
            panic!("client.on: {problem}");
        }
        let number = self.session.listen(event, route::handler(handler));
        let Some(number) = number else {
            panic!(
                "client.on: this client has {MAX_LISTENERS} handlers already; \
                 take some off before one for `{event}` is added"
            );
        };
        Listener {
            session: Arc::downgrade(&self.session),
            number,
        }
    }
}

impl<D> Client<D> {
    /// Takes all handlers of this event away that [`on`](Self::on) added to this client. Those
    /// that a message has begun already still run.
    #[doc(alias = "removeAllListeners")]
    pub fn off(&self, event: &str) {
        self.session
            .stop_listening(|listening| &*listening.event == event);
    }
}

impl Listener {
    /// Takes this handler away; the others of its event stay. Harmless when repeated.
    pub fn off(&self) {
        if let Some(session) = self.session.upgrade() {
            session.stop_listening(|listening| listening.number == self.number);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Session {
    /// The number of the handler; none if there are too many.
    fn listen(&self, event: &str, handler: Handler) -> Option<u64> {
        let mut handler = Some(handler);
        let listen = |kept: &mut Kept| {
            let listeners = &mut kept.listeners;
            if listeners.list.len() == MAX_LISTENERS {
                return None;
            }
            listeners.newest += 1;
            listeners.list.push(Listening {
                number: listeners.newest,
                event: event.into(),
                handler: handler.take()?,
            });
            self.sign.listens(true);
            Some(listeners.newest)
        };
        // A client that has gone listens to nothing any more.
        self.keep(listen).unwrap_or(Some(0))
    }

    fn stop_listening(&self, is_meant: impl Fn(&Listening) -> bool) {
        let mut kept = lock(&self.kept);
        let Some(kept_now) = kept.as_mut() else {
            return;
        };
        let list = &mut kept_now.listeners.list;
        let (gone, stays): (Vec<_>, Vec<_>) = list.drain(..).partition(is_meant);
        *list = stays;
        if list.is_empty() {
            self.sign.listens(false);
        }
        drop(kept);
        // What a handler holds is dropped by code of the app's.
        for listening in gone {
            self.drop_app_value(listening);
        }
    }

    /// This client's own handlers of an event, and its name. Most clients have none: this
    /// costs a message of theirs one look at a byte.
    #[inline]
    pub(crate) fn listeners(&self, event: &str) -> Option<(Arc<str>, Vec<Handler>)> {
        match self.sign.shows_listeners() {
            true => self.listening_to(event),
            false => None,
        }
    }

    /// Whether this client has handlers of its own for an event, at the same price.
    #[inline]
    pub(crate) fn listens_to(&self, event: &str) -> bool {
        self.sign.shows_listeners() && self.has_listeners(event)
    }

    #[inline(never)]
    fn has_listeners(&self, event: &str) -> bool {
        let kept = lock(&self.kept);
        let mut listening = kept.iter().flat_map(|kept| &kept.listeners.list);
        listening.any(|listening| &*listening.event == event)
    }

    #[inline(never)]
    fn listening_to(&self, event: &str) -> Option<(Arc<str>, Vec<Handler>)> {
        let kept = lock(&self.kept);
        let list = &kept.as_ref()?.listeners.list;
        let mut heard = list.iter().filter(|listening| &*listening.event == event);
        let first = heard.next()?;
        let name = Arc::clone(&first.event);
        let handlers = [first].into_iter().chain(heard);
        let handlers = handlers.map(|listening| Arc::clone(&listening.handler));
        Some((name, handlers.collect()))
    }

    /// The events that this client has handlers of its own for.
    pub(crate) fn listened_events(&self) -> Vec<Arc<str>> {
        let kept = lock(&self.kept);
        let kept = kept.iter();
        let listening = kept.flat_map(|kept| &kept.listeners.list);
        listening
            .map(|listening| Arc::clone(&listening.event))
            .collect()
    }
}

impl Listeners {
    /// What is dropped with the connection.
    pub(super) fn into_handlers(self) -> impl Iterator<Item = Handler> {
        self.list.into_iter().map(|listening| listening.handler)
    }
}

/// The most handlers of its own that a client has: far more than a program of a client's moods
/// needs, and little memory for a thousand clients that are led to add them.
const MAX_LISTENERS: usize = 256;
