//! What the `error` hook is told.

use crate::error::Error;

/// What went wrong in a handler: the [`error`](crate::Route::error) hook is told.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failed {
    /// The event whose handler it was, or the moment: `connect`, `disconnect`, `binary`,
    /// `drain`, `expiring`, `ping` or `pong`.
    pub event: String,
    /// The handler's own error. A panic is one with the code `internal`, a handler that took
    /// longer than `WS_HANDLER_TIMEOUT` one with the code `timeout`.
    pub error: Error,
}
