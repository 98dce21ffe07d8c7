//! What the hub needs of a connection's socket.

use std::io::{self, IoSlice};

/// The writing side of a connection. Any thread may write; nothing here ever waits.
pub(crate) trait Wire: Send + Sync + 'static {
    /// Writes as much of `slices` as fits now and tells how many bytes that was.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when nothing fits; anything else means that the connection is lost.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// The same, and asks the socket itself, which may take something long before the system
    /// tells of it.
    fn try_write_anyway(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_write(slices)
    }

    /// Tells the connection's own task to look at its outbox: bytes wait there, or its end.
    fn wake(&self);
}
