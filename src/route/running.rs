//! A handler at work: from the message to its outcome.

use super::handler::{Answer, Begun, BoxFuture, Handler};
use super::{Content, Failed, Said, Table, renewal, said};
use crate::admit::Refusal;
use crate::client::{Client, Session};
use crate::close::{Close, Initiator, code};
use crate::codec::Spoken;
use crate::envelope::{Envelope, Glance, MALFORMED, Malformed};
use crate::error::Error;
use crate::event::{LIFECYCLE, MESSAGE};
use crate::hub::Tally;
use crate::outgoing;
use crate::panic::{self, Panic};
use crate::slow::Missed;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tracing::{Level, debug, enabled, error};

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
    Ping,
    Pong,
    Disconnect,
    /// Another handler has failed.
    Error,
    /// A message that has come waits until it is due.
    Delay,
}

/// An event that somebody handles, for the log.
enum Known {
    /// By its place in the route's table: the name of each message is not held on to.
    ToRoute(usize),
    Elsewhere(Arc<str>),
}

/// What a handler's end means for its connection.
pub(crate) enum Done {
    /// Go on.
    Fine,
    /// Boxed, because most are fine.
    Failed(Box<Failure>),
}

/// What a failure leaves to do, now that the client was told.
pub(crate) struct Failure {
    /// `connect` failed.
    pub(crate) close: Option<Close>,
    /// For the route's `error` hook, if it has one.
    pub(crate) told: Option<Failed>,
}

impl Running {
    /// Begins `connect`, if the route has one, in the rooms that its clients begin in.
    pub(crate) fn connect(session: &Arc<Session>) -> Option<Self> {
        let table = session.table();
        if table.connect.is_none() && table.route_rooms.are_none() {
            return None;
        }
        // A rule of a room that panics is one of `connect`'s panics.
        Self::begin(Moment::Connect, || {
            table.route_rooms.enter(session);
            match &table.connect {
                Some(handler) => handler(Client::of(session)),
                None => Box::pin(ready(Ok(None))),
            }
        })
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

    /// Begins `ping`, if the route has one.
    fn ping(session: &Arc<Session>, payload: Cow<'_, [u8]>) -> Option<Self> {
        let handler = session.table().ping.as_ref()?;
        let payload = said::into_bytes(payload);
        Self::begin(Moment::Ping, || handler(Client::of(session), payload))
    }

    /// Begins `pong`, if the route has one.
    fn pong(session: &Arc<Session>, payload: Cow<'_, [u8]>) -> Option<Self> {
        let handler = session.table().pong.as_ref()?;
        let payload = said::into_bytes(payload);
        Self::begin(Moment::Pong, || handler(Client::of(session), payload))
    }

    /// Begins `error`, if the route has one.
    pub(crate) fn error(session: &Arc<Session>, failed: Failed) -> Option<Self> {
        let handler = session.table().error.as_ref()?;
        Self::begin(Moment::Error, || handler(Client::of(session), failed))
    }

    /// Runs until a message is due that came before.
    pub(crate) fn delay(due: Instant) -> Self {
        let future = async move {
            sleep_until(due).await;
            Ok(None)
        };
        Self::new(Moment::Delay, Box::pin(future))
    }

    /// Whether it is a handler, which may take only so long.
    pub(crate) fn is_handler(&self) -> bool {
        !matches!(self.moment, Moment::Delay)
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
            (_, Said::Ping(payload)) => Ok(Self::ping(session, payload)),
            (_, Said::Pong(payload)) => Ok(Self::pong(session, payload)),
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
        if session.listens_to(event) || session.table().rules.know(event) {
            return None;
        }
        let payload = Content::Json(payload.into());
        let future = guarded(|| handler(Client::of(session), payload)).ok()?;
        let (event, id) = (Known::ToRoute(place), id.map(ToOwned::to_owned));
        Some(Self::new(Moment::Event { event, id }, future))
    }

    fn envelope(session: &Arc<Session>, text: &str) -> Result<Option<Self>, Malformed> {
        let Envelope { event, payload, id } =
            Envelope::parse(text).inspect_err(|Malformed| Self::malformed(session))?;
        let payload = Content::Json(payload.get().into());
        Ok(Self::named(session, &event, payload, id))
    }

    /// Tells a client that nothing can be read in what it sent.
    pub(super) fn malformed(session: &Session) {
        tally(session).bad_frames.add_one();
        session.send_error(MALFORMED, "bad_frame", None);
    }

    /// Begins the handler of an event whose name a client chose.
    pub(super) fn named(
        session: &Arc<Session>,
        event: &str,
        content: Content<'_>,
        id: Option<&RawValue>,
    ) -> Option<Self> {
        if LIFECYCLE.contains(&event) {
            tally(session).bad_frames.add_one();
            session.send_error("This event's name is reserved", "reserved_event", id);
            return None;
        }
        Self::event(session, event, content, id)
    }

    /// Begins an event's handler, or answers it if its payload has another shape.
    ///
    /// The client's own handlers come first, then the route's rules and its handler, then those
    /// of `manager.on`, then `fallback`: one message is handled once.
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
        } else if let Some((name, handlers)) = session.listeners(event) {
            let begun = guarded(|| {
                let handler = table.behind_guards(event, row(handlers));
                handler(client(), content)
            });
            (Known::Elsewhere(name), begun)
        } else if table.guards_a_choice(event) {
            let begun = guarded(|| {
                let handler = table.behind_guards(event, chosen(event));
                handler(client(), content)
            });
            (Known::Elsewhere(event.into()), begun)
        } else if let Some(chosen) = choose(session, event, content) {
            chosen
        } else {
            unknown(session, event, id);
            return None;
        };
        match begun {
            Ok(future) => {
                let (event, id) = (known, id.map(ToOwned::to_owned));
                Some(Self::new(Moment::Event { event, id }, future))
            }
            Err(error) => {
                tally(session).invalid_payloads.add_one();
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
        let answer = match panic::catch(|| future.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => answer,
            Err(panic) => Err(panic.into()),
        };
        // What ended has let go of all that was the handler's.
        self.future = None;
        Poll::Ready(self.finish(session, answer))
    }

    /// Cuts it: it ran longer than it may.
    pub(crate) fn expire(&mut self, session: &Session) -> Done {
        // Dropping a future in the middle runs user code.
        let future = self.future.take();
        if let Err(panic) = panic::catch(|| drop(future)) {
            self.report(session, &panic.into());
        }
        self.finish(
            session,
            Err(Error::new("timeout", "the handler took too long")),
        )
    }

    /// A handler's answer on its way out: an ack, an error, a line in the log.
    fn finish(&mut self, session: &Session, answer: Answer) -> Done {
        match answer {
            Err(error) => self.fail(session, error),
            Ok(answer) => {
                if let Moment::Event { id, .. } = &self.moment {
                    session.send_answer(answer, id.as_deref());
                }
                Done::Fine
            }
        }
    }

    fn fail(&self, session: &Session, error: Error) -> Done {
        if let Moment::Event { id, .. } = &self.moment
            && error.source().is::<Unhandled>()
        {
            unknown(session, self.moment.name(session.table()), id.as_deref());
            return Done::Fine;
        }
        // What `connect` says to a client that it does not let stay: nothing has failed.
        let refusal = Refusal::of(&error).filter(|_| matches!(self.moment, Moment::Connect));
        self.count(session, &error, refusal);
        if refusal.is_none()
            && (error.is_internal() || error.code() == "timeout" || !self.moment.is_message())
        {
            self.report(session, &error);
        }
        let mut close = None;
        match &self.moment {
            Moment::Event { id, .. } => {
                session.send_error(error.public(), error.code(), id.as_deref());
            }
            Moment::Binary => session.send_error(error.public(), error.code(), None),
            Moment::Connect => {
                close = Some(match refusal {
                    Some(refusal) => {
                        let unauthorized = session.table().limits().unauthorized_code;
                        outgoing::close(refusal.code(unauthorized), refusal.reason())
                    }
                    None => Close::new(code::INTERNAL, error.public(), Initiator::Server),
                });
            }
            Moment::Drain
            | Moment::Expiring
            | Moment::Ping
            | Moment::Pong
            | Moment::Disconnect
            | Moment::Error
            | Moment::Delay => {}
        }
        let told = match refusal {
            None => self.for_hook(session.table(), error),
            Some(_) => None,
        };
        match (&close, &told) {
            (None, None) => Done::Fine,
            _ => Done::Failed(Box::new(Failure { close, told })),
        }
    }

    /// What the route's `error` hook is told, if it has one. Its own failure is told to nobody.
    fn for_hook(&self, table: &Table, error: Error) -> Option<Failed> {
        let is_own = matches!(self.moment, Moment::Error);
        // Who sends what no handler can read has failed, and not the handler.
        if table.error.is_none() || is_own || error.code() == "validation" {
            return None;
        }
        let event = self.moment.name(table).to_owned();
        Some(Failed { event, error })
    }

    /// Counts a handler that ended with an error. Those that took too long are counted already.
    fn count(&self, session: &Session, error: &Error, refusal: Option<&Refusal>) {
        let tally = tally(session);
        if error.source().is::<Panic>() {
            tally.handlers_panicked.add_one();
        }
        // What refuses at another moment refuses nobody.
        let may_refuse = self.moment.is_message() || matches!(self.moment, Moment::Connect);
        if error.is_internal() && refusal.is_none() {
            tally.handlers_failed.add_one();
        } else if may_refuse && error.code() != "timeout" {
            tally.events_refused.add_one();
        }
    }

    fn report(&self, session: &Session, cause: &Error) {
        let (client, route) = (session.id(), session.table().path.as_str());
        let event = self.moment.name(session.table());
        error!(%client, route, event, "handler failed: {cause}");
    }
}

impl Moment {
    /// Whether it handles what its client asked for.
    fn is_message(&self) -> bool {
        matches!(self, Self::Event { .. } | Self::Binary)
    }

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
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Disconnect => "disconnect",
            Self::Error => "error",
            Self::Delay => "delay",
        }
    }
}

fn tally(session: &Session) -> &Tally {
    session.manager().hub().tally()
}

/// Nobody handles this event: its sender hears so if it asked, or if the route wants it.
fn unknown(session: &Session, event: &str, id: Option<&RawValue>) {
    let table = session.table();
    tally(session).unknown_events.add_one();
    if enabled!(Level::DEBUG) {
        let (client, route) = (session.id(), &table.path);
        let (known, own) = (table.event_names(), session.listened_events());
        debug!(%client, %route, ?known, ?own, "no handler for event {event:?}");
    }
    if id.is_some() || table.refuses_unknown_events {
        session.send_error("Unknown event", "unknown_event", id);
    }
}

/// Begins what handles an event that its client has no handlers of its own for; none if nobody
/// does.
#[inline]
fn choose(session: &Arc<Session>, event: &str, content: Content<'_>) -> Option<(Known, Begun)> {
    let table = session.table();
    let client = || Client::of(session);
    Some(if let Some(rule) = table.rules.choose(event, &content) {
        let begun = match rule {
            Ok(handler) => guarded(|| handler(client(), content)),
            Err(panic) => failed(panic),
        };
        (Known::Elsewhere(event.into()), begun)
    } else if let Some((place, handler)) = table.event(event) {
        let begun = guarded(|| handler(client(), content));
        (Known::ToRoute(place), begun)
    } else if let Some((name, handlers)) = session.manager().global_handlers(event) {
        let begun = guarded(|| row(handlers)(client(), content));
        (Known::Elsewhere(name), begun)
    } else {
        let fallback = table.fallback_for(event)?;
        let begun = guarded(|| fallback(client(), event, content));
        (Known::Elsewhere(event.into()), begun)
    })
}

/// The same as one handler, for guards to stand in front of: nothing is chosen, and no condition
/// of a rule is asked, before they have let the event pass.
fn chosen(event: &str) -> Handler {
    let event: Box<str> = event.into();
    Arc::new(
        move |client, content| match choose(client.session(), &event, content) {
            Some((_, begun)) => begun,
            None => Err(Unhandled.into()),
        },
    )
}

/// Behind the guards of an event there is nobody who handles it.
#[derive(Debug, thiserror::Error)]
#[error("nobody handles it")]
struct Unhandled;

/// Calls a handler. A panic before the first await is one of its future, like any other.
fn guarded(begin: impl FnOnce() -> Begun) -> Begun {
    panic::catch(begin).unwrap_or_else(failed)
}

fn failed(panic: Panic) -> Begun {
    Ok(Box::pin(ready(Err(panic.into()))))
}

/// Several handlers of one event, one after another; the last answer is the answer.
fn row(mut handlers: Vec<Handler>) -> Handler {
    if handlers.len() == 1
        && let Some(only) = handlers.pop()
    {
        return only;
    }
    Arc::new(move |client, content| {
        let (handlers, content) = (handlers.clone(), content.into_owned());
        Ok(Box::pin(async move {
            let mut answer = None;
            for handler in handlers {
                answer = handler(client.clone(), content.lend())?.await?;
            }
            Ok(answer)
        }))
    })
}
