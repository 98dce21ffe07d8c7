//! The buffer a thread reads into: no buffer belongs to an idle connection.

use std::cell::Cell;

/// Lends the thread's buffer to `read`.
///
/// It is taken out while it is lent, so a handler that somehow polls another
/// connection on this thread gets a fresh one instead of a panic.
pub(super) fn with<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = BUFFER
        .take()
        .unwrap_or_else(|| vec![0; BYTES].into_boxed_slice());
    let result = read(&mut buffer);
    BUFFER.set(Some(buffer));
    result
}

thread_local! {
    static BUFFER: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// 256 KiB saves reads and split frames when messages are large, and costs nothing
/// per connection.
const BYTES: usize = 256 << 10;
