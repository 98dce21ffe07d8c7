//! All connections of a run, on one thread.

use crate::codec::{self, Frame, Opcode};
use crate::connection::Connection;
use crate::dialect::{self, Dialect};
use crate::failure::Result;
use crate::poller::{Flags, Poller};
use crate::setup::{Setup, Waiting};
use std::time::{Duration, Instant};

/// What is done with the texts that come in.
pub trait Script {
    /// A text came in on a connection; what is appended to `answer` goes back on it.
    fn text(&mut self, from: usize, text: &[u8], now: Instant, answer: &mut Vec<u8>) -> Result;
}

/// The connections, and what waits for them.
pub struct Swarm {
    pub poller: Poller,
    dialect: Dialect,
    connections: Vec<Connection>,
    ready: Vec<(usize, Flags)>,
    buffer: Box<[u8]>,
    answer: Vec<u8>,
    /// Connections that the poller does not know.
    hidden: Vec<usize>,
    sweep: Sweep,
}

/// Reads from the hidden connections every now and then, a few between two looks at the
/// others: whoever waits for those must not wait for all of these.
struct Sweep {
    /// The next in the list of the hidden; the first when none is going on.
    next: usize,
    begun: Instant,
    every: Duration,
    most_bytes: usize,
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
                swarm.watch(at, Flags::IN)?;
            }
        }
        swarm.greet()?;
        Ok(swarm)
    }

    fn empty(setup: &Setup) -> Result<Self> {
        Ok(Self {
            poller: Poller::new(setup.waiting)?,
            dialect: setup.dialect,
            connections: Vec::new(),
            ready: Vec::new(),
            buffer: vec![0; BUFFER_BYTES].into(),
            answer: Vec::new(),
            hidden: Vec::new(),
            sweep: Sweep {
                next: 0,
                begun: Instant::now(),
                every: MOST_SWEEP,
                most_bytes: 0,
            },
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
        let patience = match self.hidden.is_empty() {
            true => patience,
            false => patience.min(self.sweep.rests_for()),
        };
        self.poller.look(patience, &mut self.ready)?;
        for at in 0..self.ready.len() {
            let (connection, flags) = self.ready[at];
            if flags.contains(Flags::OUT) && !self.connections[connection].flush()? {
                self.rewatch(connection, Flags::IN)?;
            }
            if flags.intersects(Flags::IN | Flags::HUP | Flags::ERR) {
                self.read(connection, script)?;
            }
        }
        if !self.hidden.is_empty() && self.sweep.rests_for().is_zero() {
            self.sweep(script)?;
        }
        Ok(())
    }

    /// Reads once from a connection and hands over each text that is whole; tells how much it was.
    fn read(&mut self, at: usize, script: &mut impl Script) -> Result<usize> {
        let connection = &mut self.connections[at];
        let Some(filled) = connection.read(&mut self.buffer)? else {
            return Err(format!("the server hung up on client {at}").into());
        };
        let now = Instant::now();
        let mut rest = &self.buffer[..filled];
        self.answer.clear();
        while let Some((frame, length)) = codec::read(rest)? {
            rest = &rest[length..];
            take(&frame, at, self.dialect, now, script, &mut self.answer)?;
        }
        connection.keep(rest);
        if !self.answer.is_empty() && connection.write(&self.answer)? {
            self.rewatch(at, Flags::IN | Flags::OUT)?;
        }
        Ok(filled)
    }

    /// Sends frames on a connection.
    pub fn send(&mut self, at: usize, frames: &[u8]) -> Result {
        match self.connections[at].write(frames)? {
            true => self.rewatch(at, Flags::IN | Flags::OUT),
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
        if self.poller.waiting() == Waiting::Sleeping {
            self.poller.forget(&self.connections[at])?;
            self.hidden.push(at);
        }
        Ok(())
    }

    /// Lets the poller look after all connections again.
    pub fn show_all(&mut self) -> Result {
        while let Some(at) = self.hidden.pop() {
            self.watch(at, Flags::IN)?;
        }
        Ok(())
    }

    fn sweep(&mut self, script: &mut impl Script) -> Result {
        if self.sweep.next == 0 {
            self.sweep.begun = Instant::now();
            self.sweep.most_bytes = 0;
        }
        let end = self.hidden.len().min(self.sweep.next + SWEPT_AT_ONCE);
        for hidden in self.sweep.next..end {
            let bytes = self.read(self.hidden[hidden], script)?;
            self.sweep.most_bytes = self.sweep.most_bytes.max(bytes);
        }
        self.sweep.next = end;
        if end == self.hidden.len() {
            self.sweep.next = 0;
            self.sweep.every = next_sweep(self.sweep.every, self.sweep.most_bytes);
        }
        Ok(())
    }

    fn watch(&self, at: usize, flags: Flags) -> Result {
        self.poller.watch(&self.connections[at], at, flags)
    }

    fn rewatch(&self, at: usize, flags: Flags) -> Result {
        self.poller.rewatch(&self.connections[at], at, flags)
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

impl Sweep {
    /// How long until the next few are to be read.
    fn rests_for(&self) -> Duration {
        match self.next {
            0 => self.every.saturating_sub(self.begun.elapsed()),
            _ => Duration::ZERO,
        }
    }
}

/// When to sweep again, so that nobody's socket is ever full of what was not swept: that would
/// keep the server waiting, which is not what is measured.
fn next_sweep(last: Duration, most_bytes: usize) -> Duration {
    let next = match most_bytes {
        FULL_BYTES.. => last / 2,
        _ if most_bytes < FULL_BYTES / 4 => last * 2,
        _ => last,
    };
    next.clamp(LEAST_SWEEP, MOST_SWEEP)
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
const MOST_SWEEP: Duration = Duration::from_millis(20);
const LEAST_SWEEP: Duration = Duration::from_micros(500);

const SWEPT_AT_ONCE: usize = 32;

/// Half of what Linux lets wait for a client that does not read.
const FULL_BYTES: usize = 32 << 10;

/// What is due comes at once, or it does not come.
pub const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_fill_up_are_swept_more_often_and_others_less() {
        let every = Duration::from_millis(8);
        assert_eq!(next_sweep(every, FULL_BYTES), Duration::from_millis(4));
        assert_eq!(next_sweep(every, FULL_BYTES / 2), every);
        assert_eq!(next_sweep(every, 100), Duration::from_millis(16));
        assert_eq!(next_sweep(LEAST_SWEEP, FULL_BYTES), LEAST_SWEEP);
        assert_eq!(next_sweep(MOST_SWEEP, 0), MOST_SWEEP);
    }
}
