//! A connection in memory, with a kernel's manners: what is not read makes writing wait.

use crate::hub::Wire;
use crate::lock::lock;
use crate::server::socket::Link;
use atomic_waker::AtomicWaker;
use std::collections::VecDeque;
use std::io::{self, IoSlice, Read};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// The client's end.
pub(super) struct Near {
    pub(super) from_server: Arc<Pipe>,
    pub(super) to_server: Arc<Pipe>,
}

/// Both ends; the server's as its connection takes it.
pub(super) fn pair() -> (Near, Arc<MemoryLink>) {
    let (from_server, to_server) = (Arc::new(Pipe::default()), Arc::new(Pipe::default()));
    let link = MemoryLink {
        to_client: Arc::clone(&from_server),
        from_client: Arc::clone(&to_server),
        waker: AtomicWaker::new(),
    };
    (
        Near {
            from_server,
            to_server,
        },
        Arc::new(link),
    )
}

/// Bytes on their way in one direction.
#[derive(Default)]
pub(super) struct Pipe(Mutex<Flow>);

#[derive(Default)]
struct Flow {
    bytes: VecDeque<u8>,
    is_finished: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    /// Writes all of it, however much waits already.
    pub(super) fn write(&self, bytes: &[u8]) {
        let mut flow = self.flow();
        if !flow.is_finished {
            flow.bytes.extend(bytes);
            wake(&mut flow.reader);
        }
    }

    /// Nothing more comes.
    pub(super) fn finish(&self) {
        let mut flow = self.flow();
        flow.is_finished = true;
        wake(&mut flow.reader);
        wake(&mut flow.writer);
    }

    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<usize> {
        let mut flow = self.flow();
        if flow.bytes.is_empty() && !flow.is_finished {
            flow.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        wake(&mut flow.writer);
        Poll::Ready(flow.bytes.read(buffer).expect("a queue in memory reads"))
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        lock(&self.0)
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// The server's end.
pub(in crate::server) struct MemoryLink {
    to_client: Arc<Pipe>,
    from_client: Arc<Pipe>,
    waker: AtomicWaker,
}

impl Wire for MemoryLink {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut flow = self.to_client.flow();
        if flow.is_finished {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut written = 0;
        for slice in slices {
            let room = CAPACITY_BYTES.saturating_sub(flow.bytes.len());
            let taken = room.min(slice.len());
            flow.bytes.extend(&slice[..taken]);
            written += taken;
        }
        if written == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        wake(&mut flow.reader);
        Ok(written)
    }

    fn wake(&self) {
        self.waker.wake();
    }
}

impl Link for MemoryLink {
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.from_client.poll_read(cx, buffer).map(Ok)
    }

    fn serve(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut flow = self.to_client.flow();
        if flow.bytes.len() < CAPACITY_BYTES || flow.is_finished {
            return Poll::Ready(Ok(()));
        }
        flow.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn finish(&self) {
        self.to_client.finish();
    }
}

/// About what a kernel keeps for a socket that nobody reads.
const CAPACITY_BYTES: usize = 64 << 10;
