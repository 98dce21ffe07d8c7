//! One client's socket.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

/// A client, and what is half read or half written of it.
#[derive(Debug)]
pub struct Peer {
    pub stream: TcpStream,
    pub is_open: bool,
    pub is_raw: bool,
    pub room: Option<usize>,
    begun: Vec<u8>,
    waiting: Vec<u8>,
}

impl Peer {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            is_open: false,
            is_raw: false,
            room: None,
            begun: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Reads once behind what was left over; `None` when the client has gone.
    pub fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let begun = self.begun.len();
        buffer[..begun].copy_from_slice(&self.begun);
        // An idle connection owns no buffer.
        self.begun = Vec::new();
        match self.stream.read(&mut buffer[begun..]) {
            Ok(0) => None,
            Ok(length) => Some(begun + length),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Some(begun),
            Err(_) => None,
        }
    }

    pub fn keep(&mut self, rest: &[u8]) {
        self.begun.extend_from_slice(rest);
    }

    /// Writes what fits; true if something waits for the socket now.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<bool> {
        if !self.waiting.is_empty() {
            self.waiting.extend_from_slice(bytes);
            return Ok(true);
        }
        let written = match self.stream.write(bytes) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        self.waiting.extend_from_slice(&bytes[written..]);
        Ok(!self.waiting.is_empty())
    }

    pub fn flush(&mut self) -> io::Result<bool> {
        let waiting = std::mem::take(&mut self.waiting);
        self.write(&waiting)
    }
}
