//! The hub by plain calls, over wires in memory.

mod codecs;
mod deflation;
mod large;
mod model;
mod moments;
mod outbox;
mod rooms;
mod targets;
mod turns;

use super::outbox::Outbox;
use super::*;
use crate::close::{Initiator, code};
use crate::codec::Spoken;
use crate::lock::lock;
use crate::proto::frame::{self, OpCode};
use crate::slow::SlowConsumer;
use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::sync::{Mutex, Weak};

/// A wire that takes `room` bytes and then blocks.
#[derive(Default)]
struct TestWire(Mutex<State>);

#[derive(Default)]
struct State {
    written: Vec<u8>,
    room: usize,
    /// Room that shows only when the wire is asked anyway.
    hidden_room: usize,
    is_broken: bool,
    wakes: usize,
    writes: usize,
    slices: usize,
}

impl TestWire {
    fn with_room(room: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            room,
            ..State::default()
        })))
    }

    fn make_room(&self, room: usize) {
        lock(&self.0).room += room;
    }

    fn make_hidden_room(&self, room: usize) {
        lock(&self.0).hidden_room += room;
    }

    fn break_off(&self) {
        lock(&self.0).is_broken = true;
    }

    fn wakes(&self) -> usize {
        lock(&self.0).wakes
    }

    /// Calls that wrote something.
    fn writes(&self) -> usize {
        lock(&self.0).writes
    }

    /// The pieces of all writes.
    fn slices(&self) -> usize {
        lock(&self.0).slices
    }

    /// The frames that went out whole, and the bytes of one that did not.
    fn frames(&self) -> (Vec<(OpCode, Vec<u8>)>, usize) {
        let written = lock(&self.0).written.clone();
        let mut rest = written.as_slice();
        let mut frames = Vec::new();
        while let Ok(Some(header)) = frame::parse_server(rest) {
            let Some(payload) = rest.get(header.len..header.len + header.payload_len) else {
                break;
            };
            frames.push((header.opcode, payload.to_vec()));
            rest = &rest[header.len + header.payload_len..];
        }
        (frames, rest.len())
    }

    fn texts(&self) -> Vec<String> {
        let (frames, _) = self.frames();
        let texts = frames
            .into_iter()
            .filter(|(opcode, _)| *opcode == OpCode::Text);
        texts
            .map(|(_, payload)| String::from_utf8(payload).expect("text"))
            .collect()
    }

    fn close_code(&self) -> Option<u16> {
        let (frames, _) = self.frames();
        let (_, payload) = frames
            .into_iter()
            .find(|(opcode, _)| *opcode == OpCode::Close)?;
        Some(u16::from_be_bytes([payload[0], payload[1]]))
    }
}

impl Wire for TestWire {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = lock(&self.0);
        if state.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut written = 0;
        for slice in slices {
            let taken = slice.len().min(state.room);
            state.room -= taken;
            state.written.extend(&slice[..taken]);
            written += taken;
        }
        if written == 0 {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            state.writes += 1;
            state.slices += slices.len();
            Ok(written)
        }
    }

    fn try_write_anyway(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let hidden_room = std::mem::take(&mut lock(&self.0).hidden_room);
        self.make_room(hidden_room);
        self.try_write(slices)
    }

    fn wake(&self) {
        lock(&self.0).wakes += 1;
    }
}

fn text(text: &str) -> Arc<Message> {
    Arc::new(message(text))
}

/// An event of any name.
fn message(text: &str) -> Message {
    Message::event(frame::encode(OpCode::Text, text.as_bytes()), 0..0, 0..0)
}

fn id(number: u64) -> ClientId {
    ClientId::new(0, number)
}

fn terms(limit_bytes: usize) -> Arc<Terms> {
    Arc::new(Terms {
        limit_bytes,
        slow_consumer: SlowConsumer::Disconnect,
        codec: Spoken::Envelope,
        max_rooms: None,
        missing: Arc::default(),
    })
}

/// The owner of clients that belong to no session.
struct Nobody;

impl Owner for Nobody {
    fn user(&self) -> Option<&Arc<str>> {
        None
    }
}

fn nobody() -> Weak<dyn Owner> {
    Weak::<Nobody>::new()
}

/// A registered client and its wire.
fn connect(hub: &Hub, number: u64) -> (Arc<Member>, Arc<TestWire>) {
    let wire = TestWire::with_room(usize::MAX);
    let member = Arc::new(Member::new(
        id(number),
        Arc::clone(&wire) as Arc<dyn Wire>,
        terms(LIMIT),
        nobody(),
    ));
    hub.register(&member);
    (member, wire)
}

/// A client that came by a route, of a user that lives as long as its owner, and its wire.
struct Guest {
    member: Arc<Member>,
    wire: Arc<TestWire>,
    _owner: Arc<Somebody>,
}

/// The owner of clients that may be somebody's.
struct Somebody(Option<Arc<str>>);

impl Owner for Somebody {
    fn user(&self) -> Option<&Arc<str>> {
        self.0.as_ref()
    }
}

/// A registered client on a route, of a user.
fn connect_by(hub: &Hub, number: u64, route: u32, user: Option<&str>) -> Guest {
    let wire = TestWire::with_room(usize::MAX);
    let owner = Arc::new(Somebody(user.map(Arc::from)));
    let weak: Weak<Somebody> = Arc::downgrade(&owner);
    let member = Member::new(
        id(number),
        Arc::clone(&wire) as Arc<dyn Wire>,
        terms(LIMIT),
        weak,
    );
    let member = Arc::new(member.of_route(RouteNumber(route)));
    hub.register(&member);
    Guest {
        member,
        wire,
        _owner: owner,
    }
}

fn policy(slow_consumer: SlowConsumer) -> Arc<Terms> {
    Arc::new(Terms {
        limit_bytes: LIMIT,
        slow_consumer,
        codec: Spoken::Envelope,
        max_rooms: None,
        missing: Arc::default(),
    })
}

/// An outbox over a wire that takes nothing: `one` waits.
fn blocked(terms: Arc<Terms>) -> (Outbox, Arc<TestWire>) {
    let wire = TestWire::with_room(0);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms);
    outbox.send(&text("one"));
    assert!(outbox.asks_for_flush());
    outbox.flush_beside();
    (outbox, wire)
}

thread_local! {
    static MOMENTS: RefCell<Vec<Moment>> = const { RefCell::new(Vec::new()) };
}

/// A hub whose moments end when [`flush`] says so.
fn slow_hub(max_rooms_per_client: usize) -> Hub {
    Hub::new(max_rooms_per_client, |moment| {
        MOMENTS.with_borrow_mut(|moments| moments.push(moment));
    })
}

/// Ends the moments that have begun; each sender's thread has at most one.
fn flush() -> usize {
    let flushes = moments().into_iter().map(|moment| {
        for mut flush in moment.into_flushes(4) {
            while flush.step() {}
        }
    });
    flushes.count()
}

fn moments() -> Vec<Moment> {
    MOMENTS.take()
}

fn kick() -> Close {
    Close::new(4000, "kicked", Initiator::Server)
}

const LIMIT: usize = 1000;
