//! A handler at work: from the message to its outcome.

use super::handler::{Answer, Begun, BoxFuture, Handler};
use super::{Content, Said, Table, renewal, said};
use crate::client::{Client, Session};
use crate::close::{Close, Initiator, code};
use crate::codec::Spoken;
use crate::envelope::{Envelope, Glance, MALFORMED, Malformed};
use crate::error::Error;
use crate::event::{LIFECYCLE, MESSAGE};
use crate::panic::Panic;
use crate::slow::Missed;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tracing::{debug, error};

/// A handler that has begun.
pub(crate) struct Running {
    moment: Moment,
    /// Taken out when it is done, so that its drop is guarded too.
    future: Option<BoxFuture<Answer>>,
}

/// What a handler handles.
enum Moment {
    Connect,
    Event {
        event: Known,
        id: Option<Box<RawValue>>,
    },
    Drain,
    Expiring,
    Binary,
    Disconnect,
}

/// An event that somebody handles, for the log.
enum Known {
    /// By its place in the route's table: the name of each message is not held on to.
    ToRoute(usize),
    Elsewhere(Arc<str>),
}

/// What a handler's end means for its connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Go on.
    Fine,
    /// `connect` failed: close with 1011 and this reason.
    Refused(String),
}

impl Running {
    /// Begins `connect`, if the route has one.
    pub(crate) fn connect(session: &Arc<Session>) -> Option<Self> {
        let handler = session.table().connect.as_ref()?;
        Self::begin(Moment::Connect, || handler(Client::of(session)))
    }

    /// Begins `disconnect`, if the route has one.
    pub(crate) fn disconnect(session: &Arc<Session>, close: Close) -> Option<Self> {
        let handler = session.table().disconnect.as_ref()?;
        Self::begin(Moment::Disconnect, || handler(Client::of(session), close))
    }

    /// Begins `drain`, if the route has one.
    pub(crate) fn drain(session: &Arc<Session>, missed: Missed) -> Option<Self> {
        let handler = session.table().drain.as_ref()?;
        Self::begin(Moment::Drain, || handler(Client::of(session), missed))
    }

    /// Begins `expiring`, if the route has one.
    pub(crate) fn expiring(session: &Arc<Session>, left: Duration) -> Option<Self> {
        let (_, handler) = session.table().expiring.as_ref()?;
        Self::begin(Moment::Expiring, || handler(Client::of(session), left))
    }

    /// Begins the handler of a message, or answers it when there is none to begin.
    ///
    /// # Errors
    ///
    /// It is no envelope, where it should be one; its sender was told.
    pub(crate) fn message(
        session: &Arc<Session>,
        said: Said<'_>,
    ) -> Result<Option<Self>, Malformed> {
        let raw = |text| Ok(Self::event(session, MESSAGE, Content::Text(text), None));
        let auto = |text| Ok(Self::event(session, MESSAGE, Content::Either(text), None));
        match (session.codec(), said) {
            (Spoken::Envelope, Said::Text(text)) => Self::text(session, Glance::at(&text), &text),
            (Spoken::Envelope, Said::Line(line)) => {
                Self::text(session, Glance::at_line(line), line)
            }
            (Spoken::Raw, Said::Text(text)) => raw(text),
            (Spoken::Raw, Said::Line(line)) => raw(line.into()),
            (Spoken::Typed, Said::Text(text)) => Self::object(session, &text),
            (Spoken::Typed, Said::Line(line)) => Self::object(session, line),
            (Spoken::Auto, Said::Text(text)) => auto(text),
            (Spoken::Auto, Said::Line(line)) => auto(line.into()),
            (Spoken::Custom(_), said) => Self::custom(session, said),
            (_, Said::Binary(bytes)) => Ok(Self::binary(session, bytes)),
        }
    }

    fn text(
        session: &Arc<Session>,
        glance: Option<Glance<'_>>,
        text: &str,
    ) -> Result<Option<Self>, Malformed> {
        match glance.and_then(|glance| Self::at_a_glance(session, &glance)) {
            Some(handler) => Ok(Some(handler)),
            None => Self::envelope(session, text),
        }
    }

    pub(super) fn binary(session: &Arc<Session>, bytes: Cow<'_, [u8]>) -> Option<Self> {
        let handler = session.table().binary.as_ref()?;
        let bytes = said::into_bytes(bytes);
        Self::begin(Moment::Binary, || handler(Client::of(session), bytes))
    }

    /// Begins a handler of the route's own for an envelope in its usual form. With any doubt
    /// about the text nothing has begun.
    ///
    /// Such an envelope is read once: what its handler asks for comes of the payload as it
    /// stands in the text, and that it can be read proves that the text is an envelope.
    fn at_a_glance(session: &Arc<Session>, glance: &Glance<'_>) -> Option<Self> {
        let &Glance { event, payload, id } = glance;
        let (place, handler) = session.table().event(event)?;
        let payload = Content::Json(payload.into());
        let future = guarded(|| handler(Client::of(session), payload)).ok()?;
        let (event, id) = (Known::ToRoute(place), id.map(ToOwned::to_owned));
        Some(Self::new(Moment::Event { event, id }, future))
    }

    fn envelope(session: &Arc<Session>, text: &str) -> Result<Option<Self>, Malformed> {
        let Envelope { event, payload, id } = Envelope::parse(text)
            .inspect_err(|Malformed| session.send_error(MALFORMED, "bad_frame", None))?;
        let payload = Content::Json(payload.get().into());
        Ok(Self::named(session, &event, payload, id))
    }

    /// Begins the handler of an event whose name a client chose.
    pub(super) fn named(
        session: &Arc<Session>,
        event: &str,
        content: Content<'_>,
        id: Option<&RawValue>,
    ) -> Option<Self> {
        if LIFECYCLE.contains(&event) {
            session.send_error("This event's name is reserved", "reserved_event", id);
            return None;
        }
        Self::event(session, event, content, id)
    }

    /// Begins an event's handler, or answers it if its payload has another shape.
    ///
    /// The route's own handler comes first, then those of `manager.on`, then `fallback`.
    fn event(
        session: &Arc<Session>,
        event: &str,
        content: Content<'_>,
        id: Option<&RawValue>,
    ) -> Option<Self> {
        let table = session.table();
        let client = || Client::of(session);
        let (known, begun) = if event == renewal::EVENT {
            let begun = guarded(|| renewal::renew(session, content));
            (Known::Elsewhere(event.into()), begun)
        } else if let Some((place, handler)) = table.event(event) {
            let begun = guarded(|| handler(client(), content));
            (Known::ToRoute(place), begun)
        } else if let Some((name, handlers)) = session.manager().global_handlers(event) {
            let begun = guarded(|| Ok(in_order(handlers, client(), content)));
            (Known::Elsewhere(name), begun)
        } else if let Some(fallback) = table.fallback_for(event) {
            let begun = guarded(|| fallback(client(), event, content));
            (Known::Elsewhere(event.into()), begun)
        } else {
            unknown(session, table, event, id);
            return None;
        };
        match begun {
            Ok(future) => {
                let (event, id) = (known, id.map(ToOwned::to_owned));
                Some(Self::new(Moment::Event { event, id }, future))
            }
            Err(error) => {
                session.send_error(error.public(), error.code(), id);
                None
            }
        }
    }

    fn begin(moment: Moment, handler: impl FnOnce() -> BoxFuture<Answer>) -> Option<Self> {
        let future = guarded(|| Ok(handler())).ok()?;
        Some(Self::new(moment, future))
    }

    fn new(moment: Moment, future: BoxFuture<Answer>) -> Self {
        Self {
            moment,
            future: Some(future),
        }
    }

    /// Runs it as far as it goes now, and answers when it is done.
    pub(crate) fn poll(&mut self, session: &Session, cx: &mut Context<'_>) -> Poll<Done> {
        let Some(future) = &mut self.future else {
            return Poll::Ready(Done::Fine);
        };
        let answer = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => answer,
            Err(panic) => Err(Panic::new(panic).into()),
        };
        // What ended has let go of all that was the handler's.
        self.future = None;
        Poll::Ready(self.finish(session, answer))
    }

    /// Cuts it: it ran longer than it may.
    pub(crate) fn expire(&mut self, session: &Session) -> Done {
        // Dropping a future in the middle runs user code.
        let future = self.future.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(future))) {
            self.report(session, &Panic::new(panic).into());
        }
        self.finish(
            session,
            Err(Error::new("timeout", "the handler took too long")),
        )
    }

    /// A handler's answer on its way out: an ack, an error, a line in the log.
    fn finish(&mut self, session: &Session, answer: Answer) -> Done {
        if let Err(error) = &answer
            && (error.is_internal()
                || error.code() == "timeout"
                || !matches!(self.moment, Moment::Event { .. } | Moment::Binary))
        {
            self.report(session, error);
        }
        match (&self.moment, answer) {
            (Moment::Event { id, .. }, Ok(answer)) => {
                session.send_answer(answer, id.as_deref());
                Done::Fine
            }
            (Moment::Event { id, .. }, Err(error)) => {
                session.send_error(error.public(), error.code(), id.as_deref());
                Done::Fine
            }
            (Moment::Binary, Err(error)) => {
                session.send_error(error.public(), error.code(), None);
                Done::Fine
            }
            (Moment::Connect, Err(error)) => Done::Refused(error.public().to_owned()),
            (_, Ok(_)) | (Moment::Drain | Moment::Expiring | Moment::Disconnect, Err(_)) => {
                Done::Fine
            }
        }
    }

    fn report(&self, session: &Session, cause: &Error) {
        let (client, route) = (session.id(), session.table().path.as_str());
        let event = self.moment.name(session.table());
        error!(%client, route, event, "handler failed: {cause}");
    }
}

impl Done {
    /// How a connection closes whose `connect` failed.
    pub(crate) fn into_close(self) -> Option<Close> {
        match self {
            Self::Fine => None,
            Self::Refused(reason) => Some(Close::new(code::INTERNAL, reason, Initiator::Server)),
        }
    }
}

impl Moment {
    fn name<'a>(&'a self, table: &'a Table) -> &'a str {
        match self {
            Self::Connect => "connect",
            Self::Event { event, .. } => match event {
                Known::ToRoute(place) => table.event_name(*place),
                Known::Elsewhere(name) => name,
            },
            Self::Drain => "drain",
            Self::Expiring => "expiring",
            Self::Binary => "binary",
            Self::Disconnect => "disconnect",
        }
    }
}

/// Nobody handles this event: its sender hears so if it asked, or if the route wants it.
fn unknown(session: &Session, table: &Table, event: &str, id: Option<&RawValue>) {
    let (client, route, known) = (session.id(), &table.path, table.event_names());
    debug!(%client, %route, ?known, "no handler for event {event:?}");
    if id.is_some() || table.refuses_unknown_events {
        session.send_error("Unknown event", "unknown_event", id);
    }
}

/// Calls a handler. A panic before the first await is one of its future, like any other.
fn guarded(begin: impl FnOnce() -> Begun) -> Begun {
    catch_unwind(AssertUnwindSafe(begin)).unwrap_or_else(|panic| {
        let panic = Panic::new(panic);
        Ok(Box::pin(ready(Err(panic.into()))))
    })
}

/// Several global handlers of one event, one after another; the last answer is the answer.
fn in_order(handlers: Vec<Handler>, client: Client, content: Content<'_>) -> BoxFuture<Answer> {
    let content = content.into_owned();
    Box::pin(async move {
        let mut answer = None;
        for handler in handlers {
            answer = handler(client.clone(), content.lend())?.await?;
        }
        Ok(answer)
    })
}
