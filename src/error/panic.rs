//! What user code threw.

use std::any::Any;

/// A panic of user code.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
pub(crate) struct Panic(String);

impl Panic {
    pub(crate) fn new(panic: Box<dyn Any + Send>) -> Self {
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
