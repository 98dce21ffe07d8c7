//! What user code threw, as an error that the peer reads only as `Internal error`.

pub(crate) use crate::error::{Panic, catch, text_of};

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Runs a future of user code to its end, whatever that is.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
