//! What user code threw.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A panic of user code.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
pub(crate) struct Panic(String);

impl Panic {
    fn new(panic: Box<dyn Any + Send>) -> Self {
        let text = text_of(&*panic).to_owned();
        if !panic.is::<&str>() && !panic.is::<String>() {
            // Of a type of the user's own, whose drop might panic as well.
            std::mem::forget(panic);
        }
        Self(text)
    }
}

/// What a panic says.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref().map(String::as_str));
    text.unwrap_or("with no text")
}

/// Runs user code to its end, whatever that is.
#[inline]
pub(crate) fn catch<T>(code: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(code)).map_err(Panic::new)
}
