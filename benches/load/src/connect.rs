//! Coming and going: connect, say hello, hear it back, close, over and over.

use crate::arguments::Arguments;
use crate::codec::{self, Opcode};
use crate::connection::{Connection, PATIENCE};
use crate::dialect::{Dialect, PING, PONG};
use crate::drive::Measure;
use crate::failure::Result;
use crate::handshake;
use crate::latency::Latency;
use crate::message::Message;
use crate::poller::{Flags, Poller};
use crate::report::Report;
use crate::sender::Sender;
use crate::setup::Setup;
use std::time::{Duration, Instant};

/// How many at a time.
#[derive(Debug)]
pub struct Options {
    pub connections: usize,
    pub bytes: usize,
}

impl Options {
    pub fn take(arguments: &mut Arguments) -> Result<Self> {
        Ok(Self {
            connections: arguments.count("--connections", 64)?,
            bytes: arguments.count("--bytes", 64)?,
        })
    }
}

/// Lets guests come and go for the measured time; a delivery is a whole visit.
pub fn run(setup: &Setup, options: &Options) -> Result<Report> {
    let mut door = Door::open(setup, options)?;
    door.turn_for(setup.warmup)?;
    door.latency.clear();
    door.visits = 0;
    let measure = Measure::start(setup, &mut door.poller)?;
    door.turn_for(setup.measured)?;
    let mut report = measure.stop(setup, &door.poller)?;
    report.tell("deliveries", door.visits as f64);
    report.tell_latency(&door.latency);
    door.shut()?;
    Ok(report)
}

struct Door<'a> {
    setup: &'a Setup,
    poller: Poller,
    guests: Vec<Guest>,
    ready: Vec<(usize, Flags)>,
    buffer: Vec<u8>,
    visits: u64,
    is_shutting: bool,
    latency: Latency,
}

impl<'a> Door<'a> {
    fn open(setup: &'a Setup, options: &Options) -> Result<Self> {
        let poller = Poller::new(setup.waiting)?;
        let guest = |at| Guest::new(at, setup, options.bytes, &poller);
        Ok(Self {
            guests: (0..options.connections).map(guest).collect::<Result<_>>()?,
            setup,
            poller,
            ready: Vec::new(),
            buffer: vec![0; 1 << 16],
            visits: 0,
            is_shutting: false,
            latency: Latency::new(),
        })
    }

    fn turn_for(&mut self, time: Duration) -> Result {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left)?;
        }
        Ok(())
    }

    /// Lets nobody in any more, and waits until all have gone.
    fn shut(&mut self) -> Result {
        self.is_shutting = true;
        let deadline = Instant::now() + PATIENCE;
        while let Some(left) = self.guests.iter().find(|guest| guest.stage != Stage::Gone) {
            if Instant::now() > deadline {
                return Err(format!("a client is left waiting, {:?}", left.stage).into());
            }
            self.turn(Duration::from_millis(10))?;
        }
        Ok(())
    }

    fn turn(&mut self, patience: Duration) -> Result {
        self.poller.look(patience, &mut self.ready)?;
        for at in 0..self.ready.len() {
            let guest = &mut self.guests[self.ready[at].0];
            guest.read(self.setup.dialect, &mut self.buffer)?;
            if guest.stage != Stage::Gone {
                continue;
            }
            self.visits += 1;
            self.latency.record(guest.came.elapsed());
            if self.is_shutting {
                self.poller.forget(&guest.connection)?;
            } else {
                guest.come(self.setup, &self.poller)?;
            }
        }
        Ok(())
    }
}

struct Guest {
    at: usize,
    connection: Connection,
    stage: Stage,
    came: Instant,
    message: Message,
    sender: Sender,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Handshake,
    Greeting,
    Hello(u32),
    Goodbye,
    HangUp,
    Gone,
}

impl Guest {
    fn new(at: usize, setup: &Setup, bytes: usize, poller: &Poller) -> Result<Self> {
        let message = Message::echo(setup.dialect, at, bytes)?;
        let connection = knock(at, setup, poller)?;
        Ok(Self {
            at,
            connection,
            stage: Stage::Handshake,
            came: Instant::now(),
            sender: Sender::new(&message, 0, at),
            message,
        })
    }

    fn come(&mut self, setup: &Setup, poller: &Poller) -> Result {
        self.came = Instant::now();
        self.stage = Stage::Handshake;
        // The last socket is closed here; nobody reads it any more.
        self.connection = knock(self.at, setup, poller)?;
        Ok(())
    }

    fn read(&mut self, dialect: Dialect, buffer: &mut [u8]) -> Result {
        let read = self.connection.read(buffer);
        if self.stage == Stage::HangUp && matches!(read, Ok(None) | Err(_)) {
            // The goodbyes are said; how the server hangs up is its own affair.
            self.stage = Stage::Gone;
            return Ok(());
        }
        let Some(filled) = read? else {
            return Err(format!("the server hung up before its time ({:?})", self.stage).into());
        };
        let mut rest = &buffer[..filled];
        if self.stage == Stage::Handshake
            && let Some(length) = handshake::answer(rest)?
        {
            rest = &rest[length..];
            self.welcomed(dialect)?;
        }
        while self.stage != Stage::Handshake
            && let Some((frame, length)) = codec::read(rest)?
        {
            rest = &rest[length..];
            self.take(dialect, frame.opcode, frame.payload)?;
        }
        self.connection.keep(rest);
        Ok(())
    }

    fn welcomed(&mut self, dialect: Dialect) -> Result {
        match dialect {
            Dialect::WebSocket => self.say_hello(),
            Dialect::SocketIo => {
                self.stage = Stage::Greeting;
                Ok(())
            }
        }
    }

    fn take(&mut self, dialect: Dialect, opcode: Opcode, payload: &[u8]) -> Result {
        if dialect == Dialect::SocketIo && opcode == Opcode::Text && payload == PING {
            return self.answer_ping();
        }
        match (self.stage, opcode) {
            (Stage::Greeting, Opcode::Text) if payload.starts_with(b"40") => self.say_hello(),
            (Stage::Greeting, Opcode::Text) if payload.starts_with(b"0") => {
                self.send(Opcode::Text, b"40")
            }
            (Stage::Hello(number), Opcode::Text)
                if self.message.read(payload) == Some((0, number)) =>
            {
                self.stage = Stage::Goodbye;
                self.send(Opcode::Close, &NORMAL)
            }
            (Stage::Goodbye, Opcode::Close) if payload.starts_with(&NORMAL) => {
                self.stage = Stage::HangUp;
                Ok(())
            }
            (stage, opcode) => {
                let payload = String::from_utf8_lossy(payload);
                Err(format!("{stage:?} was due, and {opcode:?} came: {payload:?}").into())
            }
        }
    }

    /// engine.io may ping at once; behind our close frame nothing may be said any more.
    fn answer_ping(&mut self) -> Result {
        match self.stage {
            Stage::Goodbye => Ok(()),
            _ => self.send(Opcode::Text, PONG),
        }
    }

    fn say_hello(&mut self) -> Result {
        let mut frame = Vec::new();
        self.stage = Stage::Hello(self.sender.say(&mut frame));
        self.write(&frame)
    }

    fn send(&mut self, opcode: Opcode, payload: &[u8]) -> Result {
        let mut frame = Vec::new();
        codec::write(&mut frame, opcode, payload, codec::key(self.at));
        self.write(&frame)
    }

    fn write(&mut self, frame: &[u8]) -> Result {
        match self.connection.write(frame)? {
            true => Err("an empty socket did not take a hello".into()),
            false => Ok(()),
        }
    }
}

/// The server closes first (RFC 6455, 7.1.1), so no port of ours stays in TIME_WAIT.
fn knock(at: usize, setup: &Setup, poller: &Poller) -> Result<Connection> {
    let path = setup.dialect.path("/ws/echo");
    let connection = Connection::knock(setup.address, path)
        .map_err(|error| format!("cannot connect to {}: {error}", setup.address))?;
    connection.never_block()?;
    poller.watch(&connection, at, Flags::IN)?;
    Ok(connection)
}

/// Close code 1000.
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();
