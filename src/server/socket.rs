//! What a connection needs of its socket, and TCP's way of giving it.

use crate::hub::Wire;
use atomic_waker::AtomicWaker;
use socket2::SockRef;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::coop;

/// A socket: broadcasters write through it as through any [`Wire`], the connection's own
/// task reads from it and waits on it.
pub(super) trait Link: Wire {
    /// Reads what is there; 0 is the end of the stream. Called by the own task only.
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;

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

/// A TCP connection, in one allocation.
pub(super) struct TcpLink {
    stream: TcpStream,
    waker: AtomicWaker,
}

impl TcpLink {
    pub(super) fn new(stream: TcpStream) -> Arc<Self> {
        let waker = AtomicWaker::new();
        Arc::new(Self { stream, waker })
    }
}

/// Whether a short read shows that the socket is drained, so that tokio may be told without
/// a read that would only find nothing: true of edge-triggered selectors.
const DRAINS_SHORT: bool = cfg!(any(target_os = "linux", target_os = "macos"));

impl Wire for TcpLink {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (self.stream).try_io(Interest::WRITABLE, || self.try_write_anyway(slices))
    }

    // Linux calls a socket writable once a third of its buffer is free, megabytes for some.
    // What a slow peer has taken meanwhile, only a write tells.
    fn try_write_anyway(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [slice] => system::send(&self.stream, slice),
            slices => system::send_vectored(&self.stream, slices),
        }
    }

    fn wake(&self) {
        self.waker.wake();
    }
}

impl Link for TcpLink {
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(unbudgeted(cx, |cx| self.stream.poll_read_ready(cx)))?;
            let mut read = None;
            let result = self.stream.try_io(Interest::READABLE, || {
                let bytes = system::receive(&self.stream, buffer)?;
                read = Some(bytes);
                if DRAINS_SHORT && (1..buffer.len()).contains(&bytes) {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            match (read, result) {
                (Some(bytes), _) => return Poll::Ready(Ok(bytes)),
                (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                // Somebody else's readiness: wait for ours.
                (None, _) => {}
            }
        }
    }

    fn serve(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unbudgeted(cx, |cx| self.stream.poll_write_ready(cx))
    }

    fn finish(&self) {
        // An error says that the peer has gone, which reading will tell too.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }
}

/// The system's calls, without the C library's, which prepares each for being cancelled
/// with its thread: a fortieth of an echo's CPU time.
#[cfg(unix)]
mod system {
    use rustix::net::{RecvFlags, SendFlags, recv, send as send_with};
    use std::io::{self, IoSlice};
    use std::os::fd::AsFd;

    pub(super) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
        let (bytes, _) = recv(socket, buffer, RecvFlags::empty())?;
        Ok(bytes)
    }

    pub(super) fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
        Ok(send_with(socket, bytes, SendFlags::NOSIGNAL)?)
    }

    pub(super) fn send_vectored(socket: impl AsFd, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::writev(socket, slices)?)
    }
}

/// The system's calls, as the standard library makes them.
#[cfg(not(unix))]
mod system {
    use socket2::SockRef;
    use std::io::{self, IoSlice, Read, Write};
    use tokio::net::TcpStream;

    pub(super) fn receive(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        (&*SockRef::from(socket)).read(buffer)
    }

    pub(super) fn send(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        (&*SockRef::from(socket)).write(bytes)
    }

    pub(super) fn send_vectored(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*SockRef::from(socket)).write_vectored(slices)
    }
}
