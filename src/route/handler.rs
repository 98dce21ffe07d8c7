//! Handlers with their types erased, so that routes of any data live in one table.

use super::{Content, Failed, Outcome, Payload};
use crate::client::Client;
use crate::close::Close;
use crate::codec::Spoken;
use crate::error::Result;
use crate::slow::Missed;
use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a handler answers: nothing, a payload as its client's codec writes it, or an error.
pub(crate) type Answer = Result<Option<Bytes>>;

pub(crate) type OnConnect = Arc<dyn Fn(Client) -> BoxFuture<Answer> + Send + Sync>;
pub(super) type OnDisconnect = Arc<dyn Fn(Client, Close) -> BoxFuture<Answer> + Send + Sync>;
pub(super) type OnDrain = Arc<dyn Fn(Client, Missed) -> BoxFuture<Answer> + Send + Sync>;
pub(super) type OnExpiring = Arc<dyn Fn(Client, Duration) -> BoxFuture<Answer> + Send + Sync>;
pub(super) type OnBinary = Arc<dyn Fn(Client, Bytes) -> BoxFuture<Answer> + Send + Sync>;
pub(super) type OnError = Arc<dyn Fn(Client, Failed) -> BoxFuture<Answer> + Send + Sync>;
pub(super) type Fallback = Arc<dyn Fn(Client, &str, Content<'_>) -> Begun + Send + Sync>;

/// The handler of one event. It reads the payload before it returns its future, so the
/// payload may borrow from the bytes it came in.
pub(crate) type Handler = Arc<dyn Fn(Client, Content<'_>) -> Begun + Send + Sync>;

/// A handler at its start, or why it was not called: its payload has another shape.
pub(super) type Begun = Result<BoxFuture<Answer>>;

// The bounds below stand on each function and not behind a trait of our own, because
// behind one the compiler no longer infers a closure's arguments (E0282). `FnOnce +
// Clone` names the future's type; `AsyncFn`, which the route's methods ask for by `AsyncFn2`
// and its like, refuses a closure that would change its captures, which the clones would
// silently undo (E0596).

pub(crate) fn connect<D, H, Fut>(handler: H) -> OnConnect
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client| answer(client.codec(), handler.clone()(client.with_data())))
}

pub(super) fn disconnect<D, H, Fut>(handler: H) -> OnDisconnect
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, Close) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, close| {
        answer(client.codec(), handler.clone()(client.with_data(), close))
    })
}

pub(super) fn drain<D, H, Fut>(handler: H) -> OnDrain
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, Missed) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, missed| {
        answer(client.codec(), handler.clone()(client.with_data(), missed))
    })
}

pub(super) fn expiring<D, H, Fut>(handler: H) -> OnExpiring
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, Duration) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, left| answer(client.codec(), handler.clone()(client.with_data(), left)))
}

pub(crate) fn event<D, P, H, Fut>(handler: H) -> Handler
where
    D: Send + Sync + 'static,
    P: Payload,
    H: FnOnce(Client<D>, P) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, content| {
        let payload = content.decode()?;
        let codec = client.codec();
        Ok(answer(codec, handler.clone()(client.with_data(), payload)))
    })
}

pub(super) fn binary<D, H, Fut>(handler: H) -> OnBinary
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, Bytes) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, bytes| {
        answer(client.codec(), handler.clone()(client.with_data(), bytes))
    })
}

pub(super) fn error<D, H, Fut>(handler: H) -> OnError
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, Failed) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, failed| {
        answer(client.codec(), handler.clone()(client.with_data(), failed))
    })
}

pub(super) fn fallback<D, H, Fut>(handler: H) -> Fallback
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, String, serde_json::Value) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, event, content| {
        let payload = content.decode()?;
        let codec = client.codec();
        let future = handler.clone()(client.with_data(), event.to_owned(), payload);
        Ok(answer(codec, future))
    })
}

pub(crate) fn answer<Fut>(codec: Spoken, future: Fut) -> BoxFuture<Answer>
where
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Box::pin(async move { future.await.into_answer(codec) })
}
