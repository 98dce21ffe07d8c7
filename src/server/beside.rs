//! Runs the writing that sends cause, beside the senders.

use super::stalled;
use crate::hub::{Flush, Moment};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// Writes in a task of its own; at once on a thread that knows no runtime.
pub(super) fn beside(moment: Moment) {
    match Handle::try_current() {
        Ok(runtime) => {
            // Until it ends it waits for this worker, which a handler may hold.
            stalled::begins(&moment);
            runtime.spawn(Beside::Begun(Some(moment)));
        }
        Err(_) => drop(moment),
    }
}

/// Ends a moment and writes, on any worker, without waiting for the one where it began.
pub(super) fn end(moment: Moment, runtime: &Handle) {
    runtime.spawn(Beside::Ending(Some(moment)));
}

/// Waits for the end of the moment, then writes, a batch at each poll.
enum Beside {
    Begun(Option<Moment>),
    Looked(Option<Moment>),
    Ending(Option<Moment>),
    Writing(Flush),
}

impl Future for Beside {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self {
            // What the handlers that are ready now send goes out too, and what those send that
            // the next look at the sockets makes ready. Joined messages are cheap to write.
            Self::Begun(moment) => {
                *self = Self::Looked(moment.take());
                // Wakes this task when its worker has looked at the sockets, which it does when
                // it has nothing else to do, or after 61 tasks. The first poll asks for just
                // that, and nothing is left to do afterwards.
                let _ = pin!(yield_now()).poll(cx);
                return Poll::Pending;
            }
            // A task that wakes itself goes to the end of its worker's queue: behind those
            // handlers, and where other workers can take it.
            Self::Looked(moment) => {
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
