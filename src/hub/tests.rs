//! The hub by plain calls, over wires in memory.

use super::outbox::Outbox;
use super::*;
use crate::close::{Initiator, code};
use crate::lock::lock;
use crate::proto::frame::{self, OpCode};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSlice};
use std::sync::Mutex;

/// A wire that takes `room` bytes and then blocks.
#[derive(Default)]
struct TestWire(Mutex<State>);

#[derive(Default)]
struct State {
    written: Vec<u8>,
    room: usize,
    is_broken: bool,
    wakes: usize,
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

    fn break_off(&self) {
        lock(&self.0).is_broken = true;
    }

    fn wakes(&self) -> usize {
        lock(&self.0).wakes
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
            Ok(written)
        }
    }

    fn wake(&self) {
        lock(&self.0).wakes += 1;
    }
}

fn text(text: &str) -> Message {
    Message::new(frame::encode(OpCode::Text, text.as_bytes()))
}

fn id(number: u64) -> ClientId {
    ClientId::new(0, number)
}

/// A registered client and its wire.
fn connect(hub: &Hub, number: u64) -> (Arc<Member>, Arc<TestWire>) {
    let wire = TestWire::with_room(usize::MAX);
    let member = Arc::new(Member::new(
        id(number),
        Arc::clone(&wire) as Arc<dyn Wire>,
        LIMIT,
    ));
    hub.register(&member);
    (member, wire)
}

/// An outbox over a wire that takes nothing.
fn blocked(limit_bytes: usize) -> (Outbox, Arc<TestWire>) {
    let wire = TestWire::with_room(0);
    (
        Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, limit_bytes),
        wire,
    )
}

fn kick() -> Close {
    Close::new(4000, "kicked", Initiator::Server)
}

const LIMIT: usize = 1000;

#[test]
fn an_idle_outbox_writes_at_once_and_keeps_nothing() {
    let wire = TestWire::with_room(usize::MAX);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, LIMIT);
    assert_eq!(outbox.send(text("a").frame()), Delivery::Queued);
    assert_eq!((wire.texts(), wire.wakes()), (vec!["a".to_owned()], 0));
    assert!(outbox.flush().unwrap().is_empty);
}

#[test]
fn what_does_not_fit_waits_in_order() {
    let (mut outbox, wire) = blocked(LIMIT);
    for word in ["one", "two", "three"] {
        assert_eq!(outbox.send(text(word).frame()), Delivery::Queued);
    }
    assert_eq!(
        wire.wakes(),
        1,
        "the task is woken once, when it has something to do"
    );
    for _ in 0..100 {
        wire.make_room(1);
        outbox.flush().unwrap();
    }
    assert_eq!(wire.texts(), ["one", "two", "three"]);
    assert!(outbox.flush().unwrap().is_empty);
}

#[test]
fn an_empty_outbox_takes_one_message_of_any_size() {
    let (mut outbox, wire) = blocked(LIMIT);
    let large = "x".repeat(50 * LIMIT);
    assert_eq!(outbox.send(text(&large).frame()), Delivery::Queued);
    assert_eq!(outbox.send(text("one more").frame()), Delivery::Dropped);
    wire.make_room(usize::MAX / 2);
    outbox.flush().unwrap();
    assert_eq!(wire.close_code(), Some(code::TRY_AGAIN_LATER));
}

#[test]
fn a_full_outbox_closes_with_1013_and_never_cuts_a_frame() {
    let (mut outbox, wire) = blocked(LIMIT);
    assert_eq!(outbox.send(text("begun").frame()), Delivery::Queued);
    wire.make_room(3);
    assert!(!outbox.flush().unwrap().is_empty);
    while outbox.send(text("dropped").frame()) == Delivery::Queued {}
    assert_eq!(
        outbox.ended().map(|close| close.code),
        Some(code::TRY_AGAIN_LATER)
    );
    assert_eq!(outbox.send(text("late").frame()), Delivery::Gone);

    wire.make_room(LIMIT);
    assert!(outbox.flush().unwrap().is_empty);
    assert_eq!(
        wire.texts(),
        ["begun"],
        "the begun frame ends, the waiting ones are gone"
    );
    assert_eq!(
        (wire.close_code(), wire.frames().1),
        (Some(code::TRY_AGAIN_LATER), 0)
    );
}

#[test]
fn empty_frames_are_not_free() {
    let (mut outbox, _wire) = blocked(1 << 20);
    let taken = (0..)
        .take_while(|_| outbox.send(text("").frame()) == Delivery::Queued)
        .count();
    assert!(taken < 20_000, "{taken} entries of no bytes fit into 1 MiB");
}

#[test]
fn a_flood_of_pings_is_owed_one_pong() {
    let (mut outbox, wire) = blocked(LIMIT);
    outbox.send(text("first").frame());
    for number in 0..10_000_u32 {
        outbox.pong(&frame::encode(OpCode::Pong, &number.to_be_bytes()));
    }
    wire.make_room(LIMIT);
    assert!(outbox.flush().unwrap().is_empty);
    let (frames, rest) = wire.frames();
    let newest = (OpCode::Pong, 9_999_u32.to_be_bytes().to_vec());
    assert_eq!(
        (frames, rest),
        (vec![(OpCode::Text, b"first".to_vec()), newest], 0)
    );
}

#[test]
fn a_pong_that_has_begun_is_not_replaced() {
    let (mut outbox, wire) = blocked(LIMIT);
    outbox.pong(&frame::encode(OpCode::Pong, b"old"));
    wire.make_room(3);
    outbox.flush().unwrap();
    outbox.pong(&frame::encode(OpCode::Pong, b"new"));
    outbox.pong(&frame::encode(OpCode::Pong, b"newest"));
    wire.make_room(LIMIT);
    outbox.flush().unwrap();
    let pongs: Vec<_> = wire
        .frames()
        .0
        .into_iter()
        .map(|(_, payload)| payload)
        .collect();
    assert_eq!(pongs, [b"old".to_vec(), b"newest".to_vec()]);
}

#[test]
fn an_end_closes_behind_what_waits_and_counts_once() {
    let (mut outbox, wire) = blocked(LIMIT);
    outbox.send(text("farewell").frame());
    assert!(outbox.end(kick()));
    assert!(!outbox.end(Close::lost()));
    assert_eq!(outbox.send(text("late").frame()), Delivery::Gone);
    wire.make_room(LIMIT);
    outbox.flush().unwrap();
    let (frames, _) = wire.frames();
    assert_eq!(
        frames.iter().map(|(opcode, _)| *opcode).collect::<Vec<_>>(),
        [OpCode::Text, OpCode::Close]
    );
    assert_eq!(outbox.ended(), Some(&kick()));
}

#[test]
fn a_broken_wire_is_found_out_by_its_task() {
    let wire = TestWire::with_room(usize::MAX);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, LIMIT);
    wire.break_off();
    assert_eq!(outbox.send(text("a").frame()), Delivery::Gone);
    assert_eq!(wire.wakes(), 1);
    assert!(outbox.flush().is_err());
    assert_eq!(
        Arc::strong_count(&wire),
        1,
        "the outbox holds a broken wire no longer"
    );
}

#[test]
fn a_room_lives_from_its_first_member_to_its_last() {
    let hub = Hub::new(128);
    let ((ann, _), (bob, _)) = (connect(&hub, 1), connect(&hub, 2));
    assert_eq!(hub.join(&ann, "lobby"), Joined::Now);
    assert_eq!(hub.join(&ann, "lobby"), Joined::Already);
    assert_eq!(hub.join(&bob, "lobby"), Joined::Now);
    assert_eq!(hub.stats().rooms, 1);
    assert_eq!(hub.leave(&ann, "lobby"), Left::Now);
    assert_eq!(hub.leave(&ann, "lobby"), Left::NotIn);
    hub.end(&bob, kick());
    assert_eq!((hub.stats().rooms, hub.stats().connections), (0, 1));
    assert_eq!(
        bob.room_names(),
        ["lobby"],
        "its disconnect handler still sees its rooms"
    );
    assert_eq!(hub.join(&bob, "lobby"), Joined::Refused(JoinError::Gone));
    assert_eq!(hub.stats().rooms, 0);
}

#[test]
fn joins_are_refused_by_name_and_number() {
    let hub = Hub::new(2);
    let (ann, _) = connect(&hub, 1);
    for name in ["", "a\nb", &"x".repeat(129)] {
        assert_eq!(hub.join(&ann, name), Joined::Refused(JoinError::Name));
    }
    assert_eq!(hub.join(&ann, &"x".repeat(128)), Joined::Now);
    assert_eq!(hub.join(&ann, "raum mit ü"), Joined::Now);
    assert_eq!(
        hub.join(&ann, "third"),
        Joined::Refused(JoinError::TooManyRooms { limit: 2 })
    );
}

#[test]
fn a_slow_member_is_closed_and_costs_the_others_nothing() {
    let hub = Hub::new(128);
    let (ann, ann_wire) = connect(&hub, 1);
    let slow_wire = TestWire::with_room(0);
    let slow = Arc::new(Member::new(id(2), slow_wire as Arc<dyn Wire>, LIMIT));
    hub.register(&slow);
    hub.join(&ann, "lobby");
    hub.join(&slow, "lobby");
    let mut dropped = 0;
    for _ in 0..100 {
        dropped += hub.deliver(&Audience::room("lobby"), &text("hi")).dropped;
    }
    assert_eq!(
        dropped, 1,
        "the broadcast that found it full tells so, later ones find it gone"
    );
    assert_eq!(ann_wire.texts().len(), 100);
    assert_eq!(
        slow.ended().map(|close| close.code),
        Some(code::TRY_AGAIN_LATER)
    );
    assert_eq!(hub.room_clients("lobby"), [id(1)]);
    assert_eq!(hub.stats().connections, 1);
}

#[test]
fn deliveries_to_overlapping_rooms_cannot_wait_for_each_other() {
    let hub = Hub::new(128);
    let members: Vec<_> = (0..8).map(|number| connect(&hub, number).0).collect();
    for member in &members {
        for room in ["a", "b", "c"] {
            hub.join(member, room);
        }
    }
    std::thread::scope(|scope| {
        for rooms in [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"]] {
            let (hub, members) = (&hub, &members);
            scope.spawn(move || {
                let mut audience = Audience::room(rooms[0]);
                audience.add_room(rooms[1]);
                audience.except_room(rooms[2]);
                for turn in 0..2000 {
                    hub.deliver(&audience, &text("x"));
                    hub.deliver(&Audience::everyone(), &text("y"));
                    let member = &members[turn % members.len()];
                    hub.leave(member, rooms[1]);
                    hub.join(member, rooms[1]);
                }
            });
        }
    });
    assert_eq!(hub.stats().rooms, 3);
}

/// What may happen to clients and rooms; numbers name clients, letters rooms.
#[derive(Debug, Clone)]
enum Step {
    Connect(u64),
    Join(u64, char),
    Leave(u64, char),
    End(u64),
    Send {
        rooms: Vec<char>,
        except: Vec<u64>,
        except_rooms: Vec<char>,
    },
    SendAll {
        except: Vec<u64>,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = || 0..6_u64;
    let room = || prop::char::range('a', 'd');
    let some_clients = || prop::collection::vec(client(), 0..3);
    let step = prop_oneof![
        2 => client().prop_map(Step::Connect),
        5 => (client(), room()).prop_map(|(client, room)| Step::Join(client, room)),
        2 => (client(), room()).prop_map(|(client, room)| Step::Leave(client, room)),
        1 => client().prop_map(Step::End),
        4 => (prop::collection::vec(room(), 1..4), some_clients(), prop::collection::vec(room(), 0..2))
            .prop_map(|(rooms, except, except_rooms)| Step::Send { rooms, except, except_rooms }),
        1 => some_clients().prop_map(|except| Step::SendAll { except }),
    ];
    prop::collection::vec(step, 0..60)
}

/// The hub as one would write it without a thought for speed.
#[derive(Default)]
struct Model {
    clients: BTreeMap<u64, BTreeSet<char>>,
    heard: BTreeMap<u64, Vec<String>>,
}

impl Model {
    fn members(&self, room: char) -> BTreeSet<u64> {
        self.clients
            .iter()
            .filter(|(_, rooms)| rooms.contains(&room))
            .map(|(client, _)| *client)
            .collect()
    }

    fn hear(&mut self, audience: &BTreeSet<u64>, message: &str) -> usize {
        for client in audience {
            self.heard
                .entry(*client)
                .or_default()
                .push(message.to_owned());
        }
        audience.len()
    }
}

proptest! {
    #[test]
    fn the_hub_agrees_with_a_naive_model(steps in steps()) {
        let hub = Hub::new(3);
        let mut model = Model::default();
        let mut connected: BTreeMap<u64, (Arc<Member>, Arc<TestWire>)> = BTreeMap::new();
        for (number, step) in steps.into_iter().enumerate() {
            let message = format!("message {number}");
            match step {
                Step::Connect(client) => {
                    // An id is never used twice: who comes back is somebody else.
                    if !model.heard.contains_key(&client) {
                        connected.insert(client, connect(&hub, client));
                        model.clients.insert(client, BTreeSet::new());
                        model.heard.insert(client, Vec::new());
                    }
                }
                Step::Join(client, room) => {
                    let Some((member, _)) = connected.get(&client) else { continue };
                    let joined = hub.join(member, &room.to_string());
                    let expected = match model.clients.get_mut(&client) {
                        None => Joined::Refused(JoinError::Gone),
                        Some(rooms) if rooms.contains(&room) => Joined::Already,
                        Some(rooms) if rooms.len() == 3 => Joined::Refused(JoinError::TooManyRooms { limit: 3 }),
                        Some(rooms) => {
                            rooms.insert(room);
                            Joined::Now
                        }
                    };
                    prop_assert_eq!(joined, expected);
                }
                Step::Leave(client, room) => {
                    let Some((member, _)) = connected.get(&client) else { continue };
                    let was_in = model.clients.get_mut(&client).is_some_and(|rooms| rooms.remove(&room));
                    prop_assert_eq!(hub.leave(member, &room.to_string()) == Left::Now, was_in);
                }
                Step::End(client) => {
                    let Some((member, _)) = connected.get(&client) else { continue };
                    prop_assert_eq!(hub.end(member, kick()), model.clients.remove(&client).is_some());
                }
                Step::Send { rooms, except, except_rooms } => {
                    let mut audience = Audience::room(&rooms[0].to_string());
                    rooms[1..].iter().for_each(|room| audience.add_room(&room.to_string()));
                    except_rooms.iter().for_each(|room| audience.except_room(&room.to_string()));
                    audience.except(except.iter().map(|client| id(*client)));
                    let mut expected: BTreeSet<_> = rooms.iter().flat_map(|room| model.members(*room)).collect();
                    expected.retain(|client| !except.contains(client));
                    expected.retain(|client| except_rooms.iter().all(|room| !model.members(*room).contains(client)));
                    let sent = hub.deliver(&audience, &text(&message));
                    prop_assert_eq!(sent.queued, model.hear(&expected, &message));
                }
                Step::SendAll { except } => {
                    let mut audience = Audience::everyone();
                    audience.except(except.iter().map(|client| id(*client)));
                    let expected = model.clients.keys().copied().filter(|client| !except.contains(client)).collect();
                    let sent = hub.deliver(&audience, &text(&message));
                    prop_assert_eq!(sent.queued, model.hear(&expected, &message));
                }
            }
            let stats = hub.stats();
            let rooms: BTreeSet<_> = model.clients.values().flatten().collect();
            let memberships: usize = model.clients.values().map(BTreeSet::len).sum();
            prop_assert_eq!(stats.connections, model.clients.len());
            prop_assert_eq!(stats.rooms, rooms.len());
            let average = memberships as f64 / rooms.len().max(1) as f64;
            prop_assert!((stats.average_room_size - average).abs() < 1e-9);
            for room in 'a'..='d' {
                let members: BTreeSet<_> = hub.room_clients(&room.to_string()).into_iter().collect();
                prop_assert_eq!(members, model.members(room).into_iter().map(id).collect::<BTreeSet<_>>());
            }
        }
        for (client, (_, wire)) in &connected {
            prop_assert_eq!(&wire.texts(), &model.heard[client]);
        }
    }
}
