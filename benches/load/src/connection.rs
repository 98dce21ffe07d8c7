//! One socket to the server, and what is half read or half written on it.

use crate::failure::Result;
use crate::handshake;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// A WebSocket from the client's side.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// The beginning of a frame whose end has not come.
    begun: Vec<u8>,
    /// What the socket did not take.
    waiting: Vec<u8>,
}

impl Connection {
    /// Connects and asks for a WebSocket; [`Connection::open`] reads the answer.
    pub fn knock(address: SocketAddr, path: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.write_all(handshake::request(address, path).as_bytes())?;
        Ok(Self {
            stream,
            begun: Vec::new(),
            waiting: Vec::new(),
        })
    }

    /// Reads the answer to the handshake; from here on nothing blocks.
    pub fn open(&mut self) -> Result {
        let mut part = [0; 1024];
        self.stream.set_read_timeout(Some(PATIENCE))?;
        loop {
            match self.stream.read(&mut part)? {
                0 => return Err("the server hung up instead of answering the handshake".into()),
                length => self.begun.extend(&part[..length]),
            }
            if let Some(length) = handshake::answer(&self.begun)? {
                self.begun.drain(..length);
                return self.never_block();
            }
        }
    }

    pub fn never_block(&self) -> Result {
        Ok(self.stream.set_nonblocking(true)?)
    }

    /// Reads once, behind what was left over; tells how much there is now, or `None` when
    /// the server has hung up.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        let begun = self.begun.len();
        buffer[..begun].copy_from_slice(&self.begun);
        self.begun.clear();
        match self.stream.read(&mut buffer[begun..]) {
            Ok(0) => Ok(None),
            Ok(length) => Ok(Some(begun + length)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Some(begun)),
            Err(error) => Err(format!("the connection broke: {error}").into()),
        }
    }

    /// Keeps what is not a whole frame yet.
    pub fn keep(&mut self, rest: &[u8]) {
        self.begun.extend(rest);
    }

    /// Whether bytes wait for a look that came before the handshake was over.
    pub fn has_begun(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Writes what fits behind what waits already; true if something waits now.
    pub fn write(&mut self, bytes: &[u8]) -> Result<bool> {
        if !self.waiting.is_empty() {
            self.waiting.extend(bytes);
            return Ok(true);
        }
        let written = self.try_write(bytes)?;
        self.waiting.extend(&bytes[written..]);
        Ok(!self.waiting.is_empty())
    }

    /// Writes what waits, as much as fits; true if something still waits.
    pub fn flush(&mut self) -> Result<bool> {
        let waiting = std::mem::take(&mut self.waiting);
        self.write(&waiting)
    }

    fn try_write(&mut self, bytes: &[u8]) -> Result<usize> {
        match self.stream.write(bytes) {
            Ok(length) => Ok(length),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(format!("the connection broke: {error}").into()),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// A server that is busy with the others' handshakes gets this long.
pub const PATIENCE: Duration = Duration::from_secs(10);
