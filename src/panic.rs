//! What user code threw, as an error that the peer reads only as `Internal error`.

pub(crate) use crate::error::{Panic, text_of};

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

/// Runs user code to its end, whatever that is.
pub(crate) fn catch<T>(code: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(code)).map_err(Panic::new)
}

/// Runs a future of user code to its end, whatever that is.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(Panic::new(panic))),
        },
    )
    .await
}
