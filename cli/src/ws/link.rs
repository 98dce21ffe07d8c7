//! The thread that owns the connection: it writes what it is told to, and tells what comes.

use super::closing::Closing;
use super::connect::Opened;
use super::stream::Stream;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::Instant;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};

/// What came over the connection, and when. `Closed` is the last of it.
#[derive(Debug)]
pub enum Came {
    Message(Message, Instant),
    Closed(Closing),
}

/// The other end of that thread. When it is dropped, the connection ends.
pub struct Link {
    orders: Sender<Message>,
    waker: Waker,
}

impl Link {
    /// What comes waits in `inbox`; as long as that is full, nothing more is read.
    pub fn start<T: From<Came> + Send + 'static>(
        opened: Opened,
        inbox: SyncSender<T>,
    ) -> io::Result<Self> {
        let (orders, taken) = mpsc::channel();
        let (waker, sleeper) = waker(opened.tcp)?;
        let mut wire = Wire {
            socket: opened.socket,
            orders: taken,
            sleeper,
        };
        thread::Builder::new()
            .name("connection".into())
            .spawn(move || {
                let closing = wire.run(&|came| inbox.send(came.into()).is_ok());
                if let Some(closing) = closing {
                    _ = inbox.send(Came::Closed(closing).into());
                }
            })?;
        Ok(Self { orders, waker })
    }

    /// Queues a message. A connection that has ended says so by itself.
    pub fn send(&self, message: Message) {
        _ = self.orders.send(message);
        self.waker.wake();
    }

    pub fn close(&self, code: u16, reason: &str) {
        self.send(Message::Close(Some(CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        })));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let (nobody, _) = mpsc::channel();
        self.orders = nobody;
        self.waker.wake();
    }
}

struct Wire {
    socket: WebSocket<Stream>,
    orders: Receiver<Message>,
    sleeper: Sleeper,
}

/// Where a turn left the connection.
enum Turn {
    /// Nothing to read; `true`: something is still to be written.
    Idle(bool),
    /// There may be more.
    Busy,
    Ended(Option<Closing>),
}

impl Wire {
    fn run(&mut self, tell: &impl Fn(Came) -> bool) -> Option<Closing> {
        loop {
            match self.turn(tell) {
                Turn::Busy => {}
                Turn::Idle(is_writing) => self.sleeper.wait(is_writing),
                Turn::Ended(closing) => return closing,
            }
        }
    }

    fn turn(&mut self, tell: &impl Fn(Came) -> bool) -> Turn {
        let is_writing = match self.write() {
            Ok(is_writing) => is_writing,
            Err(Some(error)) => return Turn::Ended(Some(lost(&error))),
            Err(None) => return Turn::Ended(None),
        };
        // A server that never pauses must not keep us from writing.
        for _ in 0..MESSAGES_A_TURN {
            match self.socket.read() {
                Ok(Message::Close(frame)) => {
                    // The answer to it; the server may be gone already.
                    _ = self.socket.flush();
                    return Turn::Ended(Some(closed(frame)));
                }
                Ok(message) => {
                    if !tell(Came::Message(message, Instant::now())) {
                        return Turn::Ended(None);
                    }
                }
                Err(error) if would_block(&error) => return Turn::Idle(is_writing),
                Err(error) => {
                    let code = match &error {
                        Error::Capacity(_) => CloseCode::Size,
                        Error::Utf8(_) => CloseCode::Invalid,
                        _ => CloseCode::Protocol,
                    };
                    let reason = CloseFrame {
                        code,
                        reason: "".into(),
                    };
                    _ = self.socket.close(Some(reason));
                    _ = self.socket.flush();
                    return Turn::Ended(Some(lost(&error)));
                }
            }
        }
        Turn::Busy
    }

    /// Whether something is left to be written; `None` when nobody is there to tell.
    fn write(&mut self) -> Result<bool, Option<Error>> {
        loop {
            match self.orders.try_recv() {
                // What breaks or ends a connection is told when it is read.
                Ok(message) => {
                    if let Err(full @ Error::WriteBufferFull(_)) = self.socket.write(message) {
                        return Err(Some(full));
                    }
                }
                Err(mpsc::TryRecvError::Empty) => break,
                Err(mpsc::TryRecvError::Disconnected) => {
                    _ = self.socket.flush();
                    return Err(None);
                }
            }
        }
        match self.socket.flush() {
            Ok(()) => Ok(false),
            Err(error) => Ok(would_block(&error)),
        }
    }
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted))
}

fn closed(frame: Option<CloseFrame>) -> Closing {
    match frame {
        Some(frame) => Closing {
            code: frame.code.into(),
            reason: frame.reason.as_str().to_owned(),
        },
        None => Closing {
            code: orcs::close_code::NO_STATUS,
            reason: String::new(),
        },
    }
}

fn lost(error: &Error) -> Closing {
    Closing::lost(match error {
        Error::WriteBufferFull(_) => {
            "the server takes nothing, and too much waits for it".to_owned()
        }
        Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed => "the server ended it without a close frame".to_owned(),
        error => error.to_string(),
    })
}

/// Few enough that a typed line goes out at once.
const MESSAGES_A_TURN: usize = 64;

/// Wakes the thread that waits for the socket.
struct Waker {
    is_due: Arc<AtomicBool>,
    #[cfg(unix)]
    bell: io::PipeWriter,
}

struct Sleeper {
    is_due: Arc<AtomicBool>,
    #[cfg(unix)]
    bell: io::PipeReader,
    #[cfg(unix)]
    tcp: TcpStream,
}

impl Waker {
    fn wake(&self) {
        // One ring is enough; more would fill the pipe.
        #[cfg(unix)]
        if !self.is_due.swap(true, Ordering::AcqRel) {
            _ = io::Write::write(&mut &self.bell, b"!");
        }
        #[cfg(not(unix))]
        self.is_due.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
fn waker(tcp: TcpStream) -> io::Result<(Waker, Sleeper)> {
    let is_due = Arc::new(AtomicBool::new(false));
    let (reader, writer) = io::pipe()?;
    let sleeper = Sleeper {
        is_due: Arc::clone(&is_due),
        bell: reader,
        tcp,
    };
    let waker = Waker {
        is_due,
        bell: writer,
    };
    Ok((waker, sleeper))
}

#[cfg(unix)]
impl Sleeper {
    /// Until something comes, the bell rings, or the socket takes more.
    fn wait(&mut self, is_writing: bool) {
        use rustix::event::{PollFd, PollFlags, poll};
        let mut interest = PollFlags::IN;
        if is_writing {
            interest |= PollFlags::OUT;
        }
        let mut both = [
            PollFd::new(&self.tcp, interest),
            PollFd::new(&self.bell, PollFlags::IN),
        ];
        _ = poll(&mut both, None);
        if both[1].revents().contains(PollFlags::IN) {
            _ = io::Read::read(&mut &self.bell, &mut [0; 8]);
            self.is_due.store(false, Ordering::Release);
        }
    }
}

#[cfg(not(unix))]
fn waker(_: TcpStream) -> io::Result<(Waker, Sleeper)> {
    let is_due = Arc::new(AtomicBool::new(false));
    let waker = Waker {
        is_due: Arc::clone(&is_due),
    };
    Ok((waker, Sleeper { is_due }))
}

#[cfg(not(unix))]
impl Sleeper {
    /// Nothing here can wait for a socket and a bell at once: looks often.
    fn wait(&mut self, _: bool) {
        if !self.is_due.swap(false, Ordering::AcqRel) {
            thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
