//! The hub against a naive one.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
    SendOne(u64),
    /// A handler of the client's own sends to it: what gathered is written at its end.
    Reply(u64),
    Flush,
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
        4 => room().prop_map(|room| Step::Send { rooms: vec![room], except: vec![], except_rooms: vec![] }),
        4 => (prop::collection::vec(room(), 1..4), some_clients(), prop::collection::vec(room(), 0..2))
            .prop_map(|(rooms, except, except_rooms)| Step::Send { rooms, except, except_rooms }),
        1 => some_clients().prop_map(|except| Step::SendAll { except }),
        3 => client().prop_map(Step::SendOne),
        3 => client().prop_map(Step::Reply),
        1 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 0..100)
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
        let hub = slow_hub(3);
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
                    let joined = hub.join(member, &room.to_string(), None);
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
                    let sent = hub.deliver(&audience, super::message(&message));
                    prop_assert_eq!(sent.queued, model.hear(&expected, &message));
                }
                Step::SendAll { except } => {
                    let mut audience = Audience::everyone();
                    audience.except(except.iter().map(|client| id(*client)));
                    let expected = model.clients.keys().copied().filter(|client| !except.contains(client)).collect();
                    let sent = hub.deliver(&audience, super::message(&message));
                    prop_assert_eq!(sent.queued, model.hear(&expected, &message));
                }
                Step::SendOne(client) => {
                    let Some((member, _)) = connected.get(&client) else { continue };
                    let is_there = model.clients.contains_key(&client);
                    let expected = if is_there { Delivery::Queued } else { Delivery::Gone };
                    prop_assert_eq!(hub.send(member, super::message(&message)), expected);
                    model.hear(&BTreeSet::from_iter(is_there.then_some(client)), &message);
                }
                Step::Reply(client) => {
                    let Some((member, _)) = connected.get(&client) else { continue };
                    let is_there = model.clients.contains_key(&client);
                    let _turn = Turn::of(member);
                    for part in ["one", "two"] {
                        let message = format!("{message} {part}");
                        turns::say(&hub, member, &message);
                        model.hear(&BTreeSet::from_iter(is_there.then_some(client)), &message);
                        hub.deliver(&Audience::everyone(), super::message(&message));
                        let everyone = model.clients.keys().copied().collect();
                        model.hear(&everyone, &message);
                    }
                }
                Step::Flush => _ = flush(),
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
        flush();
        for (client, (member, wire)) in &connected {
            // Whom somebody ended is written to by its own task.
            let _ = member.flush();
            prop_assert_eq!(&wire.texts(), &model.heard[client]);
        }
    }
}
