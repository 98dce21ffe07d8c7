//! Handlers with their types erased, so that routes of any data live in one table.

use super::{Content, Outcome, Payload};
use crate::client::Client;
use crate::codec::Spoken;
use crate::error::Result;
use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a handler answers: nothing, a payload as its client's codec writes it, or an error.
pub(crate) type Answer = Result<Option<Bytes>>;

pub(crate) type OnConnect = Arc<dyn Fn(Client) -> BoxFuture<Answer> + Send + Sync>;
/// A handler of a moment that is no event, and of what there is to say of it.
pub(super) type Hook<A> = Arc<dyn Fn(Client, A) -> BoxFuture<Answer> + Send + Sync>;
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

pub(super) fn hook<D, A, H, Fut>(handler: H) -> Hook<A>
where
    D: Send + Sync + 'static,
    H: FnOnce(Client<D>, A) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    Arc::new(move |client, about| {
        answer(client.codec(), handler.clone()(client.with_data(), about))
    })
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
