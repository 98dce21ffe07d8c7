//! Who is in which room, who of them speaks, and what each member must get.

use crate::dialect::Dialect;
use crate::failure::Result;
use crate::ledger::Ledger;
use crate::message::{MAX_SENDERS, Message};
use crate::sender::Sender;
use crate::setup::Setup;
use crate::swarm::{Script, Swarm};
use std::time::Instant;

/// What the rooms look like. An echo is a room of one that has no name.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub kind: Kind,
    pub rooms: usize,
    pub members: usize,
    pub senders: usize,
    pub bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Echo,
    Raw,
    Room,
}

impl Shape {
    pub fn connections(&self) -> usize {
        self.rooms * self.members
    }

    fn path(&self) -> &'static str {
        match self.kind {
            Kind::Echo => "/ws/echo",
            Kind::Raw => "/raw",
            Kind::Room => "/ws/room",
        }
    }

    fn message(&self, dialect: Dialect, room: usize) -> Result<Message> {
        match self.kind {
            Kind::Echo => Message::echo(dialect, room, self.bytes),
            Kind::Raw => Message::raw(room, self.bytes),
            Kind::Room => Message::room(dialect, &name(room), self.bytes),
        }
    }

    fn check(&self) -> Result {
        if self.senders > self.members || self.senders > MAX_SENDERS {
            return Err(format!(
                "`--senders {}` is more than the room's members, or than {MAX_SENDERS}",
                self.senders
            )
            .into());
        }
        if self.kind == Kind::Room && self.rooms > MAX_ROOMS {
            return Err(format!("`--rooms {}` is more than {MAX_ROOMS}", self.rooms).into());
        }
        Ok(())
    }
}

/// Short and of one length, so that a message of 64 bytes has place for its digits.
pub fn name(room: usize) -> String {
    format!("r{room:03}")
}

/// Connections in rooms, the first of each room as senders; all that is delivered is checked.
#[derive(Debug)]
pub struct Rooms {
    shape: Shape,
    messages: Vec<Message>,
    ledger: Ledger,
    deliveries: u64,
}

impl Rooms {
    pub fn new(shape: Shape, dialect: Dialect) -> Result<Self> {
        shape.check()?;
        let messages = (0..shape.rooms).map(|room| shape.message(dialect, room));
        Ok(Self {
            shape,
            messages: messages.collect::<Result<_>>()?,
            ledger: Ledger::new(shape.connections(), shape.senders),
            deliveries: 0,
        })
    }

    /// Opens all connections, and waits until each is in its room.
    pub fn gather(&self, setup: &Setup, spare: usize) -> Result<Swarm> {
        let connections = self.shape.connections();
        let mut swarm = Swarm::connect(setup, self.shape.path(), connections + spare)?;
        if self.shape.kind == Kind::Room {
            join(&mut swarm, setup.dialect, connections, self.shape.members)?;
        }
        for at in 0..connections {
            if at % self.shape.members >= self.shape.senders && !self.is_last(at) {
                swarm.hide(at)?;
            }
        }
        Ok(swarm)
    }

    /// Whether a connection is the last that joined its room.
    pub fn is_last(&self, at: usize) -> bool {
        (at + 1).is_multiple_of(self.shape.members)
    }

    /// The senders, in the order of their connections.
    pub fn senders(&self) -> Vec<Sender> {
        let room = |room: usize| (0..self.shape.senders).map(move |sender| (room, sender));
        (0..self.shape.rooms)
            .flat_map(room)
            .map(|(room, sender)| {
                Sender::new(&self.messages[room], sender, self.connection(room, sender))
            })
            .collect()
    }

    /// The connection of a sender, counted over all rooms.
    pub fn connection_of(&self, sender: usize) -> usize {
        self.connection(sender / self.shape.senders, sender % self.shape.senders)
    }

    fn connection(&self, room: usize, member: usize) -> usize {
        room * self.shape.members + member
    }

    /// Checks a delivery; tells who sent it, counted over all rooms, and its number.
    pub fn receive(&mut self, receiver: usize, text: &[u8]) -> Result<(usize, u32)> {
        let room = receiver / self.shape.members;
        let message = self
            .messages
            .get(room)
            .ok_or_else(|| format!("client {receiver} is in no room and got a text"))?;
        let Some((sender, number)) = message.read(text) else {
            return Err(unlike(receiver, text, message).into());
        };
        self.ledger.receive(receiver, sender, number)?;
        self.deliveries += 1;
        Ok((room * self.shape.senders + sender, number))
    }

    pub fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// Whether this many messages of all senders have come to all their receivers.
    pub fn is_complete(&self, sent: u64) -> bool {
        self.deliveries == sent * self.shape.members as u64
    }

    /// Makes sure of it for each sender and receiver.
    pub fn finish(&self, senders: &[Sender]) -> Result {
        for (at, sender) in senders.iter().enumerate() {
            let (room, number) = (at / self.shape.senders, at % self.shape.senders);
            for member in 0..self.shape.members {
                let receiver = self.connection(room, member);
                self.ledger.finish(receiver, number, sender.sent())?;
            }
        }
        Ok(())
    }
}

fn unlike(receiver: usize, text: &[u8], message: &Message) -> String {
    let cut = |text: &[u8]| String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned();
    format!(
        "client {receiver} got {:?} where {:?} was due (but for its digits)",
        cut(text),
        cut(message.text())
    )
}

/// Puts connections into rooms of `members`, a batch at a time, and waits for each answer.
pub fn join(swarm: &mut Swarm, dialect: Dialect, connections: usize, members: usize) -> Result {
    let mut joining = Joining {
        dialect,
        members,
        joined: 0,
    };
    for at in 0..connections {
        let payload = format!(r#"{{"room":"{}"}}"#, name(at / members));
        swarm.say(at, &dialect.text("join", &payload))?;
        if (at + 1) % 100 == 0 || at + 1 == connections {
            swarm.turn_until(&mut joining, "an answer to `join`", |joining| {
                joining.joined > at
            })?;
        }
    }
    Ok(())
}

struct Joining {
    dialect: Dialect,
    members: usize,
    joined: usize,
}

impl Script for Joining {
    fn text(&mut self, from: usize, text: &[u8], _: Instant, _: &mut Vec<u8>) -> Result {
        let payload = format!(r#"{{"room":"{}"}}"#, name(from / self.members));
        let due = self.dialect.text("joined", &payload);
        if text != due.as_bytes() {
            let text = String::from_utf8_lossy(text);
            return Err(format!("`join` was answered with {text:?} instead of {due:?}").into());
        }
        self.joined += 1;
        Ok(())
    }
}

/// Names have three digits.
const MAX_ROOMS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        kind: Kind::Room,
        rooms: 2,
        members: 3,
        senders: 2,
        bytes: 64,
    };

    /// What the members of the second room get when its second sender has said two things.
    fn said(rooms: &Rooms) -> Vec<(usize, Vec<u8>)> {
        let mut deliveries = Vec::new();
        for number in [b'0', b'1'] {
            for receiver in 3..6 {
                let mut text = rooms.messages[1].of_sender(1);
                text[rooms.messages[1].number_at() + 5] = number;
                deliveries.push((receiver, text));
            }
        }
        deliveries
    }

    fn check(change: impl Fn(&mut Vec<(usize, Vec<u8>)>)) -> Result {
        let mut rooms = Rooms::new(SHAPE, Dialect::WebSocket)?;
        let mut senders = rooms.senders();
        for _ in 0..2 {
            senders[3].say(&mut Vec::new());
        }
        let mut deliveries = said(&rooms);
        change(&mut deliveries);
        for (receiver, text) in deliveries {
            assert_eq!(rooms.receive(receiver, &text)?.0, 3);
        }
        rooms.finish(&senders)?;
        assert!(rooms.is_complete(2));
        Ok(())
    }

    #[test]
    fn a_server_that_does_its_duty_passes() {
        assert_eq!(check(|_| ()), Ok(()));
        // Nobody promises in which order the members get it.
        assert_eq!(check(|deliveries| deliveries.swap(0, 2)), Ok(()));
    }

    #[test]
    fn a_server_that_drops_doubles_swaps_or_mixes_up_is_found() {
        type Change = fn(&mut Vec<(usize, Vec<u8>)>);
        let changes: [(Change, &str); 6] = [
            (|deliveries| drop(deliveries.pop()), "waits for 1 messages"),
            (|deliveries| drop(deliveries.remove(0)), "got message 1"),
            (
                |deliveries| deliveries.push(deliveries[5].clone()),
                "a double",
            ),
            (
                |deliveries| {
                    let (first, second) = (deliveries[0].1.clone(), deliveries[3].1.clone());
                    (deliveries[0].1, deliveries[3].1) = (second, first);
                },
                "out of order",
            ),
            (|deliveries| deliveries[0].0 = 0, "r000"),
            (|deliveries| deliveries[0].1[2] ^= 1, "was due (but for"),
        ];
        for (change, sentence) in changes {
            let problem = check(change).expect_err(sentence).to_string();
            assert!(problem.contains(sentence), "{problem}");
        }
    }

    #[test]
    fn senders_are_the_first_of_each_room() {
        let rooms = Rooms::new(SHAPE, Dialect::WebSocket).unwrap();
        let connections: Vec<_> = (0..4).map(|sender| rooms.connection_of(sender)).collect();
        assert_eq!(connections, [0, 1, 3, 4]);
    }
}
