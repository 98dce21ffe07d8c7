//! What user code threw.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A panic of user code.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
pub(crate) struct Panic(String);

impl Panic {
    fn new(panic: Box<dyn Any + Send>) -> Self {
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
#[inline]
pub(crate) fn catch<T>(code: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(code)).map_err(Panic::new)
}
