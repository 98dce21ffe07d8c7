//! What is asked before an event's handler runs.

use super::handler::Handler;
use super::{Content, Payload};
use crate::admit::{Refusal, Verdict};
use crate::client::Client;
use crate::error::{Error, Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A guard with its types erased. Like a handler it reads the payload before it returns its future.
pub(super) type Guard = Arc<dyn Fn(Client, Content<'_>) -> Result<Judging> + Send + Sync>;

type Judging = Pin<Box<dyn Future<Output = Result> + Send>>;

pub(super) fn erased<D, P, G, Fut>(guard: G) -> Guard
where
    D: Send + Sync + 'static,
    P: Payload,
    G: FnOnce(Client<D>, P) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Verdict> + Send + 'static,
{
    Arc::new(move |client, content| {
        let verdict = guard.clone()(client.with_data(), content.decode()?);
        Ok(Box::pin(async move {
            verdict.await.into_verdict().map_err(for_sender)
        }))
    })
}

/// The handler, run only if the guard lets it.
pub(super) fn in_front_of(handler: Handler, guard: Guard) -> Handler {
    Arc::new(move |client, content| {
        let content = content.into_owned();
        // At once, because a payload that cannot be read may mean that the text is no envelope.
        let judging = guard(client.clone(), content.lend())?;
        let handler = Arc::clone(&handler);
        Ok(Box::pin(async move {
            judging.await?;
            handler(client, content.lend())?.await
        }))
    })
}

/// A handler that is not in the route's table, behind the guards of its event.
pub(super) fn behind<'g>(
    guards: impl DoubleEndedIterator<Item = &'g Guard>,
    handler: Handler,
) -> Handler {
    guards.rev().fold(handler, |handler, guard| {
        in_front_of(handler, Arc::clone(guard))
    })
}

/// What the sender of the event reads of it.
fn for_sender(error: Error) -> Error {
    match Refusal::of(&error) {
        Some(refusal) => Error::new("forbidden", refusal.reason()),
        None => error,
    }
}
