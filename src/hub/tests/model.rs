//! The hub against a naive one.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What may happen to clients and rooms; numbers name clients, letters rooms. Clients with odd
/// numbers came by another route than the others.
#[derive(Debug, Clone)]
enum Step {
    Connect(u64),
    Join(u64, char),
    Leave(u64, char),
    End(u64),
    Send(Whom),
    JoinAll(Whom, char),
    LeaveAll(Whom, char),
    EndAll(Whom),
    SendOne(u64),
    /// A handler of the client's own sends to it: what gathered is written at its end.
    Reply(u64),
    Flush,
}

/// Who is meant.
#[derive(Debug, Clone, Default)]
struct Whom {
    everyone: bool,
    rooms: Vec<char>,
    clients: Vec<u64>,
    users: Vec<&'static str>,
    /// The rooms of this client; everyone, perhaps, if it is in none.
    own_rooms: Option<(u64, bool)>,
    except: Vec<u64>,
    except_rooms: Vec<char>,
    route: Option<u32>,
}

fn route_of(client: u64) -> u32 {
    u32::from(client % 2 == 1)
}

/// Each has two clients, and two clients are nobody's.
fn user_of(client: u64) -> Option<&'static str> {
    [None, Some("ann"), Some("bob")][usize::try_from(client % 3).unwrap()]
}

fn client() -> impl Strategy<Value = u64> {
    0..6_u64
}

fn room() -> impl Strategy<Value = char> {
    prop::char::range('a', 'd')
}

fn whom() -> impl Strategy<Value = Whom> {
    let several = || prop::collection::vec(client(), 0..3);
    let nobody = || Just(Vec::new()).boxed();
    let one_room = room().prop_map(|room| Whom {
        rooms: vec![room],
        ..Whom::default()
    });
    let everyone = Just(Whom {
        everyone: true,
        ..Whom::default()
    });
    let own_rooms = (client(), any::<bool>()).prop_map(|own| Whom {
        own_rooms: Some(own),
        ..Whom::default()
    });
    let users = prop::collection::vec(prop::sample::select(vec!["ann", "bob", "eve"]), 0..3);
    let mixed = (
        prop::bool::weighted(0.1),
        prop::collection::vec(room(), 0..4),
        several(),
        users,
        prop::option::weighted(0.2, (client(), any::<bool>())),
        prop::collection::vec(room(), 0..2),
    );
    let mixed = mixed.prop_map(
        |(everyone, rooms, clients, users, own_rooms, except_rooms)| Whom {
            everyone,
            rooms,
            clients,
            users,
            own_rooms,
            except_rooms,
            ..Whom::default()
        },
    );
    let narrowed = (
        prop_oneof![3 => one_room, 1 => everyone, 1 => own_rooms, 3 => mixed],
        prop_oneof![nobody(), several().boxed()],
        prop::option::weighted(0.3, 0..2_u32),
    );
    narrowed.prop_map(|(whom, except, route)| Whom {
        except,
        route,
        ..whom
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => client().prop_map(Step::Connect),
        10 => (client(), room()).prop_map(|(client, room)| Step::Join(client, room)),
        4 => (client(), room()).prop_map(|(client, room)| Step::Leave(client, room)),
        2 => client().prop_map(Step::End),
        18 => whom().prop_map(Step::Send),
        2 => (whom(), room()).prop_map(|(whom, room)| Step::JoinAll(whom, room)),
        2 => (whom(), room()).prop_map(|(whom, room)| Step::LeaveAll(whom, room)),
        1 => whom().prop_map(Step::EndAll),
        6 => client().prop_map(Step::SendOne),
        6 => client().prop_map(Step::Reply),
        2 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 0..100)
}

/// The hub as one would write it without a thought for speed.
#[derive(Default)]
struct Model {
    clients: BTreeMap<u64, BTreeSet<char>>,
    /// The rooms of those who have gone.
    left: BTreeMap<u64, BTreeSet<char>>,
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

    fn meant(&self, whom: &Whom) -> BTreeSet<u64> {
        let mut rooms = whom.rooms.clone();
        let mut everyone = whom.everyone;
        if let Some((client, or_everyone)) = whom.own_rooms {
            let own = self.clients.get(&client).or(self.left.get(&client));
            let own = own.into_iter().flatten();
            rooms.extend(own.clone());
            // Who has never been there has no rooms, and nobody to send in his name.
            let has_been = self.heard.contains_key(&client);
            everyone |= or_everyone && has_been && own.count() == 0;
        }
        let mut meant: BTreeSet<_> = self.clients.keys().copied().collect();
        let users = |client| user_of(client).is_some_and(|user| whom.users.contains(&user));
        let in_one = |client, rooms: &[char]| {
            rooms
                .iter()
                .any(|room| self.members(*room).contains(&client))
        };
        meant.retain(|client| {
            let named = whom.clients.contains(client) || users(*client);
            (everyone || named || in_one(*client, &rooms))
                && !in_one(*client, &whom.except_rooms)
                && !whom.except.contains(client)
                && whom.route.is_none_or(|route| route == route_of(*client))
        });
        meant
    }

    fn join(&mut self, client: u64, room: char) -> Joined {
        match self.clients.get_mut(&client) {
            None => Joined::Refused(JoinError::Gone),
            Some(rooms) if rooms.contains(&room) => Joined::Already,
            Some(rooms) if rooms.len() == 3 => {
                Joined::Refused(JoinError::TooManyRooms { limit: 3 })
            }
            Some(rooms) => {
                rooms.insert(room);
                Joined::Now
            }
        }
    }

    fn leave(&mut self, client: u64, room: char) -> Left {
        let rooms = self.clients.get_mut(&client);
        match rooms.is_some_and(|rooms| rooms.remove(&room)) {
            true => Left::Now,
            false => Left::NotIn,
        }
    }

    fn end(&mut self, client: u64) -> bool {
        let Some(rooms) = self.clients.remove(&client) else {
            return false;
        };
        self.left.insert(client, rooms);
        true
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

impl Whom {
    fn audience(&self, connected: &BTreeMap<u64, Guest>) -> Audience {
        let mut audience = Audience::default();
        if self.everyone {
            audience.add_everyone();
        }
        self.rooms
            .iter()
            .for_each(|room| audience.add_room(&room.to_string()));
        self.clients
            .iter()
            .for_each(|client| audience.add_client(id(*client)));
        self.users
            .iter()
            .for_each(|user| audience.add_user((*user).to_owned()));
        let own_rooms = self
            .own_rooms
            .and_then(|(client, or_everyone)| Some((connected.get(&client)?, or_everyone)));
        if let Some((guest, or_everyone)) = own_rooms {
            audience.add_rooms_of(&guest.member);
            if or_everyone {
                audience.or_everyone();
            }
        }
        audience.except(self.except.iter().map(|client| id(*client)));
        self.except_rooms
            .iter()
            .for_each(|room| audience.except_room(&room.to_string()));
        if let Some(route) = self.route {
            audience.narrow_to(RouteNumber(route));
        }
        audience
    }
}

proptest! {
    #[test]
    fn the_hub_agrees_with_a_naive_model(steps in steps()) {
        let hub = slow_hub(3);
        let mut model = Model::default();
        let mut connected: BTreeMap<u64, Guest> = BTreeMap::new();
        for (number, step) in steps.into_iter().enumerate() {
            let message = format!("message {number}");
            // Everybody in an audience, by both.
            let meant = |model: &Model, whom: &Whom| {
                let members = hub.everybody_in(&whom.audience(&connected));
                let ids: BTreeSet<_> = members.iter().map(|member| member.id()).collect();
                let expected = model.meant(whom);
                assert_eq!(ids.len(), members.len(), "each once");
                assert_eq!(ids, expected.iter().copied().map(id).collect());
                expected
            };
            match step {
                Step::Connect(client) => {
                    // An id is never used twice: who comes back is somebody else.
                    if !model.heard.contains_key(&client) {
                        let guest = connect_by(&hub, client, route_of(client), user_of(client));
                        connected.insert(client, guest);
                        model.clients.insert(client, BTreeSet::new());
                        model.heard.insert(client, Vec::new());
                    }
                }
                Step::Join(client, room) => {
                    let Some(Guest { member, .. }) = connected.get(&client) else { continue };
                    let joined = hub.join(member, &room.to_string(), None);
                    prop_assert_eq!(joined, model.join(client, room));
                }
                Step::Leave(client, room) => {
                    let Some(Guest { member, .. }) = connected.get(&client) else { continue };
                    prop_assert_eq!(hub.leave(member, &room.to_string()), model.leave(client, room));
                }
                Step::End(client) => {
                    let Some(Guest { member, .. }) = connected.get(&client) else { continue };
                    prop_assert_eq!(hub.end(member, kick()), model.end(client));
                }
                Step::Send(whom) => {
                    let expected = model.meant(&whom);
                    let sent = hub.deliver(&whom.audience(&connected), super::message(&message));
                    prop_assert_eq!(sent.queued, model.hear(&expected, &message));
                }
                Step::JoinAll(whom, room) => {
                    for client in meant(&model, &whom) {
                        let joined = hub.join(&connected[&client].member, &room.to_string(), None);
                        prop_assert_eq!(joined, model.join(client, room));
                    }
                }
                Step::LeaveAll(whom, room) => {
                    for client in meant(&model, &whom) {
                        let left = hub.leave(&connected[&client].member, &room.to_string());
                        prop_assert_eq!(left, model.leave(client, room));
                    }
                }
                Step::EndAll(whom) => {
                    for client in meant(&model, &whom) {
                        prop_assert_eq!(hub.end(&connected[&client].member, kick()), model.end(client));
                    }
                }
                Step::SendOne(client) => {
                    let Some(Guest { member, .. }) = connected.get(&client) else { continue };
                    let is_there = model.clients.contains_key(&client);
                    let expected = if is_there { Delivery::Queued } else { Delivery::Gone };
                    prop_assert_eq!(hub.send(member, super::message(&message)), expected);
                    model.hear(&BTreeSet::from_iter(is_there.then_some(client)), &message);
                }
                Step::Reply(client) => {
                    let Some(Guest { member, .. }) = connected.get(&client) else { continue };
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
            let names: Vec<_> = rooms.iter().map(ToString::to_string).collect();
            prop_assert_eq!(hub.room_names(), names);
            let average = memberships as f64 / rooms.len().max(1) as f64;
            prop_assert!((stats.average_room_size - average).abs() < 1e-9);
            for room in 'a'..='d' {
                let members: BTreeSet<_> = hub.room_clients(&room.to_string()).into_iter().collect();
                let expected = model.members(room);
                prop_assert_eq!(hub.room_size(&room.to_string()), expected.len());
                for client in 0..6 {
                    prop_assert_eq!(hub.is_in(id(client), &room.to_string()), expected.contains(&client));
                }
                prop_assert_eq!(members, expected.into_iter().map(id).collect::<BTreeSet<_>>());
            }
        }
        flush();
        for (client, Guest { member, wire, .. }) in &connected {
            // Whom somebody ended is written to by its own task.
            let _ = member.flush();
            prop_assert_eq!(&wire.texts(), &model.heard[client]);
        }
    }
}
