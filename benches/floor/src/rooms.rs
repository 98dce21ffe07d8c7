//! Rooms, and what their members get at the end of a turn.

use std::collections::HashMap;

/// A room's members, and the frames of this turn.
#[derive(Debug)]
pub struct Room {
    /// What a message to this room begins with.
    pub prefix: Vec<u8>,
    pub members: Vec<usize>,
    pub frames: Vec<u8>,
}

/// All rooms, and which of them have frames.
#[derive(Debug, Default)]
pub struct Rooms {
    by_name: HashMap<Vec<u8>, usize>,
    pub rooms: Vec<Room>,
    pub talking: Vec<usize>,
}

impl Rooms {
    pub fn join(&mut self, name: &[u8], peer: usize) -> usize {
        let room = match self.by_name.get(name) {
            Some(room) => *room,
            None => self.open(name),
        };
        self.rooms[room].members.push(peer);
        room
    }

    fn open(&mut self, name: &[u8]) -> usize {
        let room = self.rooms.len();
        self.by_name.insert(name.to_vec(), room);
        self.rooms.push(Room {
            prefix: [MESSAGE, br#"{"room":""#, name, br#"","text":""#].concat(),
            members: Vec::new(),
            frames: Vec::new(),
        });
        room
    }

    pub fn leave(&mut self, room: usize, peer: usize) {
        self.rooms[room].members.retain(|member| *member != peer);
    }

    /// The frames of one turn are joined, so that a member costs one send.
    pub fn say(&mut self, room: usize, header: &[u8], text: &[u8]) {
        let frames = &mut self.rooms[room].frames;
        if frames.is_empty() {
            self.talking.push(room);
        }
        frames.extend_from_slice(header);
        frames.extend_from_slice(text);
    }
}

pub const MESSAGE: &[u8] = br#"{"event":"message","payload":"#;
