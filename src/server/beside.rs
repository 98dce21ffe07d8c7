//! Runs the writing that sends cause, beside the senders.

use crate::hub::{Flush, Moment};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// Writes in a task of its own; at once on a thread that knows no runtime.
pub(super) fn beside(moment: Moment) {
    match Handle::try_current() {
        Ok(runtime) => _ = runtime.spawn(Beside::Waiting(Some(moment))),
        Err(_) => drop(moment),
    }
}

/// Waits for the end of the moment, then writes, a batch at each poll.
enum Beside {
    Waiting(Option<Moment>),
    Ending(Option<Moment>),
    Writing(Flush),
}

impl Future for Beside {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self {
            // A task that wakes itself goes to the end of its worker's queue: behind the
            // handlers that are ready now, and where other workers can take it. A task that
            // was just spawned is in neither place: it runs next, on this worker only.
            Self::Waiting(moment) => {
                *self = Self::Ending(moment.take());
            }
            Self::Ending(moment) => {
                let runtime = Handle::current();
                let workers = runtime.metrics().num_workers();
                let mut flushes = moment
                    .take()
                    .into_iter()
                    .flat_map(|moment| moment.into_flushes(workers));
                let Some(own) = flushes.next() else {
                    return Poll::Ready(());
                };
                for flush in flushes {
                    runtime.spawn(Self::Writing(flush));
                }
                *self = Self::Writing(own);
                return self.poll(cx);
            }
            Self::Writing(flush) => {
                if !flush.step() {
                    return Poll::Ready(());
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
