//! Runs clients' tasks on the app's runtime, under the eyes of the watch.

use super::stalled;
use crate::client::{Spawn, Work};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// Spawns on `runtime`, from whichever thread.
pub(super) fn spawn(runtime: Handle) -> Spawn {
    Box::new(move |work| runtime.spawn(Watched(work)).abort_handle())
}

/// A task that may hold its thread, as a handler may.
struct Watched(Work);

impl Future for Watched {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        stalled::watched(|| self.0.as_mut().poll(cx))
    }
}
