//! The loop: read what is ready, answer each reader with one send, then each room's
//! members with one send each.

use crate::frame::{self, CLOSE, Frame};
use crate::handshake;
use crate::peer::Peer;
use crate::rooms::{MESSAGE, Rooms};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};

/// All that the thread owns.
pub struct Server {
    epoll: OwnedFd,
    listener: TcpListener,
    peers: Vec<Option<Peer>>,
    vacant: Vec<usize>,
    rooms: Rooms,
    memory: Box<[u8]>,
}

impl Server {
    pub fn new(listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let data = EventData::new_u64(LISTENER);
        epoll::add(&epoll, &listener, data, EventFlags::IN)?;
        Ok(Self {
            epoll,
            listener,
            peers: Vec::new(),
            vacant: Vec::new(),
            rooms: Rooms::default(),
            memory: vec![0; READ_BYTES + GAP_BYTES + WRITE_BYTES].into(),
        })
    }

    pub fn run(mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(1024);
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in events.drain(..) {
                let (data, flags) = (event.data.u64(), event.flags);
                match data {
                    LISTENER => self.accept()?,
                    peer => self.serve(peer as usize, flags)?,
                }
            }
            self.deliver()?;
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let at = self.vacant.pop().unwrap_or(self.peers.len());
            epoll::add(
                &self.epoll,
                &stream,
                EventData::new_u64(at as u64),
                EventFlags::IN,
            )?;
            match self.peers.get_mut(at) {
                Some(place) => *place = Some(Peer::new(stream)),
                None => self.peers.push(Some(Peer::new(stream))),
            }
        }
    }

    /// Takes what one client sent; a client that is gone or says goodbye is forgotten.
    fn serve(&mut self, at: usize, flags: EventFlags) -> io::Result<()> {
        let Some(peer) = &mut self.peers[at] else {
            return Ok(());
        };
        let mut stays = true;
        if flags.contains(EventFlags::OUT) {
            match peer.flush() {
                Ok(waits) => watch(&self.epoll, at, &peer.stream, waits)?,
                Err(_) => stays = false,
            }
        }
        if stays && flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            stays = read(peer, at, &self.epoll, &mut self.rooms, &mut self.memory)?;
        }
        if !stays {
            self.forget(at);
        }
        Ok(())
    }

    fn forget(&mut self, at: usize) {
        if let Some(peer) = self.peers[at].take() {
            if let Some(room) = peer.room {
                self.rooms.leave(room, at);
            }
            self.vacant.push(at);
        }
    }

    /// Sends each talking room's frames to its members.
    fn deliver(&mut self) -> io::Result<()> {
        while let Some(room) = self.rooms.talking.pop() {
            let room = &mut self.rooms.rooms[room];
            for &member in &room.members {
                let Some(peer) = &mut self.peers[member] else {
                    continue;
                };
                // An error shows at the member's next read.
                if let Ok(true) = peer.write(&room.frames) {
                    watch(&self.epoll, member, &peer.stream, true)?;
                }
            }
            room.frames.clear();
        }
        Ok(())
    }
}

fn watch(epoll: &OwnedFd, at: usize, stream: &impl AsFd, waits: bool) -> io::Result<()> {
    let flags = match waits {
        true => EventFlags::IN | EventFlags::OUT,
        false => EventFlags::IN,
    };
    Ok(epoll::modify(
        epoll,
        stream,
        EventData::new_u64(at as u64),
        flags,
    )?)
}

/// Reads once and does all that was said; false when the client goes.
fn read(
    peer: &mut Peer,
    at: usize,
    epoll: &OwnedFd,
    rooms: &mut Rooms,
    memory: &mut [u8],
) -> io::Result<bool> {
    let (input, output) = memory.split_at_mut(READ_BYTES + GAP_BYTES);
    let input = &mut input[..READ_BYTES];
    let Some(filled) = peer.read(input) else {
        return Ok(false);
    };
    let input = &mut input[..filled];
    let mut out = Out {
        buffer: output,
        filled: 0,
    };
    let (mut taken, mut stays) = (0, true);
    if !peer.is_open {
        let Some(request) = handshake::read(input) else {
            peer.keep(input);
            return Ok(true);
        };
        (peer.is_open, peer.is_raw, taken) = (true, request.is_raw, request.length);
        out.add(request.answer.as_bytes());
    }
    while let Some(frame) = frame::read(input, taken) {
        taken = frame.end;
        stays &= take(
            &frame,
            &input[frame.start..frame.end],
            at,
            peer,
            rooms,
            &mut out,
        );
    }
    peer.keep(&input[taken..]);
    if out.filled > 0 {
        match peer.write(&out.buffer[..out.filled]) {
            Ok(true) => watch(epoll, at, &peer.stream, true)?,
            Ok(false) => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(stays)
}

/// Does what one frame asks for; false when it says goodbye.
fn take(
    frame: &Frame,
    text: &[u8],
    at: usize,
    peer: &mut Peer,
    rooms: &mut Rooms,
    out: &mut Out<'_>,
) -> bool {
    if frame.opcode == CLOSE {
        out.add(&[0x88, text.len() as u8]);
        out.add(text);
        return false;
    }
    let (header, used) = frame::header(text.len());
    match peer.room {
        Some(room) if text.starts_with(&rooms.rooms[room].prefix) => {
            rooms.say(room, &header[..used], text);
        }
        None if peer.is_raw || text.starts_with(MESSAGE) => {
            out.add(&header[..used]);
            out.add(text);
        }
        _ => join(text, at, peer, rooms, out),
    }
    true
}

fn join(text: &[u8], at: usize, peer: &mut Peer, rooms: &mut Rooms, out: &mut Out<'_>) {
    let name = text
        .strip_prefix(JOIN)
        .and_then(|rest| rest.strip_suffix(END));
    if let Some(name) = name {
        peer.room = Some(rooms.join(name, at));
        let answer = [JOINED, name, END].concat();
        let (header, used) = frame::header(answer.len());
        out.add(&header[..used]);
        out.add(&answer);
    }
}

/// The answers of one read, for one send.
struct Out<'a> {
    buffer: &'a mut [u8],
    filled: usize,
}

impl Out<'_> {
    fn add(&mut self, bytes: &[u8]) {
        self.buffer[self.filled..][..bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }
}

const LISTENER: u64 = u64::MAX;

const JOIN: &[u8] = br#"{"event":"join","payload":{"room":""#;
const JOINED: &[u8] = br#"{"event":"joined","payload":{"room":""#;
const END: &[u8] = br#""}}"#;

/// 16 messages of 16 KiB are one read.
const READ_BYTES: usize = 512 << 10;
/// Answers are never longer than what they answer, but for the handshake's.
const WRITE_BYTES: usize = READ_BYTES + 4096;
/// Copies to an address a few bytes ahead, counted within a page, are 20 times as slow
/// on some CPUs; half a page between the buffers keeps clear of that.
const GAP_BYTES: usize = 2048;
