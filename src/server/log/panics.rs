//! Panics, as lines of the log like any other.
//!
//! std writes a panic's text as it is. It may quote what a client wrote, and what stands behind a
//! line break in it would look like a line of ours.

use crate::panic::text_of;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};
use tracing::error;
use tracing::field::display;

/// From here on this process writes its panics so.
pub(super) fn init() {
    set_hook(Box::new(tell));
}

/// Must not panic itself: that would end the process.
fn tell(panic: &PanicHookInfo<'_>) {
    let at = panic.location();
    let at = at.map(|at| display(format!("{}:{}", at.file(), at.line())));
    // Where `RUST_BACKTRACE` asks for one.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| display(backtrace));
    let text = text_of(panic.payload());
    // In no span: one may be locked, if what panics is what writes its fields.
    error!(parent: None, at, backtrace, "panicked: {text}");
}
