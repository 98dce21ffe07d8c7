//! All connections of a run, on one thread.

use crate::codec::{self, Frame, Opcode};
use crate::connection::Connection;
use crate::cpu;
use crate::dialect::{self, Dialect};
use crate::failure::Result;
use crate::setup::{Setup, Waiting};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// What is done with the texts that come in.
pub trait Script {
    /// A text came in on a connection; what is appended to `answer` goes back on it.
    fn text(&mut self, from: usize, text: &[u8], now: Instant, answer: &mut Vec<u8>) -> Result;
}

/// The connections, and what waits for them.
pub struct Swarm {
    dialect: Dialect,
    waiting: Waiting,
    connections: Vec<Connection>,
    epoll: OwnedFd,
    ready: Vec<(usize, EventFlags)>,
    events: Vec<epoll::Event>,
    buffer: Box<[u8]>,
    answer: Vec<u8>,
    /// Connections that epoll does not know.
    hidden: Vec<usize>,
    swept: Instant,
    /// Time spent on looks that found nothing.
    idle: Duration,
}

impl Swarm {
    /// Opens connections in batches, so that the queue of the listening socket never overflows.
    pub fn connect(setup: &Setup, path: &str, connections: usize) -> Result<Self> {
        let mut swarm = Self::empty(setup)?;
        let path = setup.dialect.path(path);
        while swarm.connections.len() < connections {
            let first = swarm.connections.len();
            for _ in first..connections.min(first + BATCH) {
                let connection = Connection::knock(setup.address, path)
                    .map_err(|error| format!("cannot connect to {}: {error}", setup.address))?;
                swarm.connections.push(connection);
            }
            for at in first..swarm.connections.len() {
                swarm.connections[at].open()?;
                swarm.watch(at, EventFlags::IN)?;
            }
        }
        swarm.greet()?;
        Ok(swarm)
    }

    fn empty(setup: &Setup) -> Result<Self> {
        Ok(Self {
            dialect: setup.dialect,
            waiting: setup.waiting,
            connections: Vec::new(),
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            ready: Vec::new(),
            events: Vec::with_capacity(512),
            buffer: vec![0; BUFFER_BYTES].into(),
            answer: Vec::new(),
            hidden: Vec::new(),
            swept: Instant::now(),
            idle: Duration::ZERO,
        })
    }

    /// Socket.IO opens a namespace before anything else is said.
    fn greet(&mut self) -> Result {
        if self.dialect == Dialect::WebSocket {
            return Ok(());
        }
        let mut greeting = Greeting { welcomed: 0 };
        // The first packet may have come together with the handshake's answer.
        for at in 0..self.connections.len() {
            if self.connections[at].has_begun() {
                self.read(at, &mut greeting)?;
            }
        }
        let all = self.connections.len();
        self.turn_until(&mut greeting, "Socket.IO's greeting", |greeting| {
            greeting.welcomed == all
        })
    }

    /// Takes turns until something has come true, which it must within seconds.
    pub fn turn_until<S: Script>(
        &mut self,
        script: &mut S,
        what: &str,
        mut is_done: impl FnMut(&S) -> bool,
    ) -> Result {
        let deadline = Instant::now() + PATIENCE;
        while !is_done(script) {
            if Instant::now() > deadline {
                return Err(format!("{what} did not come within {PATIENCE:?}").into());
            }
            self.turn(script, PATIENCE)?;
        }
        Ok(())
    }

    /// Looks once what has come; when sleeping, waits for it, at most for `patience`.
    pub fn turn(&mut self, script: &mut impl Script, patience: Duration) -> Result {
        let looked = Instant::now();
        self.look(patience)?;
        if self.ready.is_empty() {
            self.idle += looked.elapsed();
        }
        for at in 0..self.ready.len() {
            let (connection, flags) = self.ready[at];
            if flags.contains(EventFlags::OUT) && !self.connections[connection].flush()? {
                self.rewatch(connection, EventFlags::IN)?;
            }
            if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                self.read(connection, script)?;
            }
        }
        if !self.hidden.is_empty() && self.swept.elapsed() >= SWEEP {
            self.sweep(script)?;
        }
        Ok(())
    }

    fn look(&mut self, patience: Duration) -> Result {
        let timeout = match self.waiting {
            Waiting::Busy => Duration::ZERO,
            Waiting::Sleeping if self.hidden.is_empty() => patience,
            Waiting::Sleeping => patience.min(SWEEP),
        };
        let timeout = Timespec::try_from(timeout).expect("seconds fit");
        self.ready.clear();
        self.events.clear();
        match epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.events),
            Some(&timeout),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let events = self.events.iter();
        self.ready
            .extend(events.map(|event| (event.data.u64() as usize, event.flags)));
        Ok(())
    }

    /// Reads once from a connection and hands over each text that is whole.
    fn read(&mut self, at: usize, script: &mut impl Script) -> Result {
        let connection = &mut self.connections[at];
        let filled = connection.read(&mut self.buffer)?;
        let now = Instant::now();
        let mut rest = &self.buffer[..filled];
        self.answer.clear();
        while let Some((frame, length)) = codec::read(rest)? {
            rest = &rest[length..];
            take(&frame, at, self.dialect, now, script, &mut self.answer)?;
        }
        connection.keep(rest);
        if self.answer.is_empty() || !connection.write(&self.answer)? {
            return Ok(());
        }
        self.rewatch(at, EventFlags::IN | EventFlags::OUT)
    }

    /// Sends frames on a connection.
    pub fn send(&mut self, at: usize, frames: &[u8]) -> Result {
        match self.connections[at].write(frames)? {
            true => self.rewatch(at, EventFlags::IN | EventFlags::OUT),
            false => Ok(()),
        }
    }

    /// Sends one text on a connection.
    pub fn say(&mut self, at: usize, text: &str) -> Result {
        let mut frame = Vec::new();
        codec::write(&mut frame, Opcode::Text, text.as_bytes(), codec::key(at));
        self.send(at, &frame)
    }

    /// Takes connections that only receive out of sight: waking up for each of a thousand
    /// deliveries would take the core that the server should have to itself.
    pub fn hide(&mut self, at: usize) -> Result {
        if self.waiting == Waiting::Sleeping {
            epoll::delete(&self.epoll, &self.connections[at])?;
            self.hidden.push(at);
        }
        Ok(())
    }

    /// Lets epoll look after all connections again.
    pub fn show_all(&mut self) -> Result {
        while let Some(at) = self.hidden.pop() {
            self.watch(at, EventFlags::IN)?;
        }
        Ok(())
    }

    fn sweep(&mut self, script: &mut impl Script) -> Result {
        for hidden in 0..self.hidden.len() {
            self.read(self.hidden[hidden], script)?;
        }
        self.swept = Instant::now();
        Ok(())
    }

    /// Begins to count how busy this thread is.
    pub fn restart(&mut self) -> Result<Duration> {
        self.idle = Duration::ZERO;
        cpu::of_this_thread()
    }

    /// The share of a time, counted since [`Swarm::restart`], that there was something to do.
    pub fn busy_share(&self, since: Duration, elapsed: Duration) -> Result<f64> {
        let busy = match self.waiting {
            Waiting::Busy => elapsed.saturating_sub(self.idle),
            Waiting::Sleeping => cpu::of_this_thread()? - since,
        };
        Ok(busy.as_secs_f64() / elapsed.as_secs_f64())
    }

    fn watch(&self, at: usize, flags: EventFlags) -> Result {
        let data = EventData::new_u64(at as u64);
        Ok(epoll::add(&self.epoll, &self.connections[at], data, flags)?)
    }

    fn rewatch(&self, at: usize, flags: EventFlags) -> Result {
        let data = EventData::new_u64(at as u64);
        Ok(epoll::modify(
            &self.epoll,
            &self.connections[at],
            data,
            flags,
        )?)
    }
}

fn take(
    frame: &Frame<'_>,
    from: usize,
    dialect: Dialect,
    now: Instant,
    script: &mut impl Script,
    answer: &mut Vec<u8>,
) -> Result {
    let key = codec::key(from);
    match frame.opcode {
        Opcode::Text if dialect == Dialect::SocketIo && frame.payload == dialect::PING => {
            codec::write(answer, Opcode::Text, dialect::PONG, key);
            Ok(())
        }
        Opcode::Text => script.text(from, frame.payload, now, answer),
        Opcode::Ping => {
            codec::write(answer, Opcode::Pong, frame.payload, key);
            Ok(())
        }
        Opcode::Pong => Ok(()),
        Opcode::Binary => Err(format!("client {from} got binary where text was due").into()),
        Opcode::Close => {
            Err(format!("the server closed client {from}: {}", reason(frame.payload)).into())
        }
    }
}

/// A close frame's code and reason.
fn reason(payload: &[u8]) -> String {
    match payload {
        [a, b, reason @ ..] => format!(
            "{} {}",
            u16::from_be_bytes([*a, *b]),
            String::from_utf8_lossy(reason)
        ),
        _ => "without a code".into(),
    }
}

/// engine.io: `0{..}` opens; `40` asks for the namespace `/`, `40{..}` grants it.
struct Greeting {
    welcomed: usize,
}

impl Script for Greeting {
    fn text(&mut self, from: usize, text: &[u8], _: Instant, answer: &mut Vec<u8>) -> Result {
        if text.starts_with(b"0") {
            codec::write(answer, Opcode::Text, b"40", codec::key(from));
        } else if text.starts_with(b"40") {
            self.welcomed += 1;
        } else {
            let text = String::from_utf8_lossy(text);
            return Err(format!("Socket.IO greeted with {text:?}").into());
        }
        Ok(())
    }
}

/// Fewer than the 511 that the shortest of the servers' queues holds.
const BATCH: usize = 250;

/// Whatever is in flight on one connection fits.
const BUFFER_BYTES: usize = 1 << 20;

/// A room of 1000 is looked through in about 1 ms; once in 20 is 5 % of a core.
const SWEEP: Duration = Duration::from_millis(20);

/// What is due comes at once, or it does not come.
pub const PATIENCE: Duration = Duration::from_secs(10);
