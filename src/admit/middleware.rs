//! What looks at a request before the route does.

use super::{Request, Verdict};
use crate::error::Result;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A middleware with its type erased.
pub(crate) type Middleware = Arc<dyn Fn(Request) -> Judging + Send + Sync>;

/// A verdict on its way.
type Judging = Pin<Box<dyn Future<Output = Result> + Send>>;

/// A middleware of a route.
#[derive(Clone)]
pub(crate) enum Gate {
    Inline(Middleware),
    /// One that `Routes::middleware` has under this name.
    Named(String),
}

pub(crate) fn middleware<M, Fut>(middleware: M) -> Middleware
where
    M: FnOnce(Request) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Verdict> + Send + 'static,
{
    Arc::new(move |request| {
        let verdict = middleware.clone()(request);
        Box::pin(async move { verdict.await.into_verdict() })
    })
}
