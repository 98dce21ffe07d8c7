//! What user code threw.

use std::any::Any;

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
