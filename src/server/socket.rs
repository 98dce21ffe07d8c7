//! What a connection needs of its socket, and TCP's way of giving it.

use crate::hub::Wire;
use atomic_waker::AtomicWaker;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::coop;

/// The reading side, owned by the connection's task.
pub(super) trait Reader: Send + Unpin + 'static {
    /// Reads what is there; 0 is the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// The writing side: broadcasters write through it too, its task waits on it.
pub(super) trait Link: Wire {
    /// Names the task that [`Wire::wake`] wakes.
    fn serve(&self, waker: &Waker);

    /// Ready when a write that would have blocked may go on.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Tells the peer that nothing more comes, and goes on reading.
    fn finish(&self);
}

/// Polls outside of tokio's budget, which a connection shares with its handler: one that
/// uses it up at every poll must not keep its own client from being read, answered or
/// timed out. What a connection does itself is bounded by its turns.
pub(super) fn unbudgeted<T>(
    cx: &mut Context<'_>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    pin!(coop::unconstrained(poll_fn(poll))).poll(cx)
}

/// Both sides of a TCP connection.
pub(super) fn tcp(stream: TcpStream) -> (OwnedReadHalf, Arc<TcpLink>) {
    let (reader, writer) = stream.into_split();
    (
        reader,
        Arc::new(TcpLink {
            writer,
            waker: AtomicWaker::new(),
        }),
    )
}

impl Reader for OwnedReadHalf {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        // `poll_read` and not `try_read`: after a short read tokio takes the socket for
        // drained, which saves a read that would only tell so.
        let mut buffer = ReadBuf::new(buffer);
        unbudgeted(cx, |cx| {
            AsyncRead::poll_read(Pin::new(&mut *self), cx, &mut buffer)
        })
        .map_ok(|()| buffer.filled().len())
    }
}

pub(super) struct TcpLink {
    writer: OwnedWriteHalf,
    waker: AtomicWaker,
}

impl Wire for TcpLink {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [slice] => self.writer.try_write(slice),
            slices => self.writer.try_write_vectored(slices),
        }
    }

    fn wake(&self) {
        self.waker.wake();
    }
}

impl Link for TcpLink {
    fn serve(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unbudgeted(cx, |cx| self.writer.as_ref().poll_write_ready(cx))
    }

    fn finish(&self) {
        // An error says that the peer has gone, which reading will tell too.
        let _ = socket2::SockRef::from(self.writer.as_ref()).shutdown(Shutdown::Write);
    }
}
