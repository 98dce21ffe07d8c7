//! What user code threw, as an error that the peer reads only as `Internal error`.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

/// A panic of user code.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
pub(crate) struct Panic(String);

impl Panic {
    pub(crate) fn new(panic: Box<dyn Any + Send>) -> Self {
        let panic = match panic.downcast::<&str>() {
            Ok(text) => return Self((*text).to_owned()),
            Err(panic) => panic,
        };
        match panic.downcast::<String>() {
            Ok(text) => Self(*text),
            Err(panic) => {
                // Of a type of the user's own, whose drop might panic as well.
                std::mem::forget(panic);
                Self("with no text".to_owned())
            }
        }
    }
}

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
