//! One frame: its header read, checked and written (RFC 6455, 5.2).

#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::Violation;
use crate::close::{MAX_REASON_BYTES, cut};

/// What a frame is (RFC 6455, 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum OpCode {
    /// Goes on with the message of the data frame before it.
    Continuation = 0x0,
    /// Begins a message of UTF-8 text.
    Text = 0x1,
    /// Begins a message of bytes.
    Binary = 0x2,
    /// Ends the conversation, with a code and a reason.
    Close = 0x8,
    /// Asks for a pong with the same payload.
    Ping = 0x9,
    /// Answers a ping, or comes unasked as a sign of life.
    Pong = 0xA,
}

impl OpCode {
    /// Whether it is about the connection rather than a part of a message (5.5).
    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn from_bits(bits: u8) -> Result<Self, Violation> {
        match bits {
            0x0 => Ok(Self::Continuation),
            0x1 => Ok(Self::Text),
            0x2 => Ok(Self::Binary),
            0x8 => Ok(Self::Close),
            0x9 => Ok(Self::Ping),
            0xA => Ok(Self::Pong),
            _ => Err(Violation::Protocol("opcode is reserved")),
        }
    }
}

/// What stands in front of a payload, checked (RFC 6455, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Whether the frame is the last of its message.
    pub(crate) fin: bool,
    /// What the frame is.
    pub(crate) opcode: OpCode,
    /// Whether it begins a compressed message (RFC 7692, 6).
    pub(crate) is_deflated: bool,
    /// The key over the payload; zeros in a frame of a server.
    pub(crate) mask: [u8; 4],
    /// How many bytes of payload follow the header.
    pub(crate) payload_len: usize,
    /// How many bytes the header itself has: 2 to 14.
    pub(crate) len: usize,
}

/// How much a client may announce.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// What the message may still grow by: its limit less the bytes gathered from the
    /// fragments before.
    pub(crate) bytes: usize,
    /// The same for a frame that begins a compressed message; `None` where none may come.
    pub(crate) deflated_bytes: Option<usize>,
    /// The limit that is told to who goes over it.
    pub(crate) limit: usize,
}

/// Reads the header of a frame that a client sent.
///
/// `None` while it is incomplete.
///
/// # Errors
///
/// [`Violation::Protocol`] for what RFC 6455, 5.2 and 5.5 forbid: reserved bits
/// or opcodes, no mask, a length that is not written in the shortest form or has
/// its top bit set, a control frame in fragments or of more than 125 bytes. The bit
/// of a compressed message is reserved too, except where one may begin (RFC 7692, 6.1).
/// [`Violation::TooLarge`] for a data frame that announces more than there is `room` for,
/// before any of its payload arrives.
pub(crate) fn parse(bytes: &[u8], room: Room) -> Result<Option<Header>, Violation> {
    read(bytes, Sender::Client, room)
}

/// Reads the header of a frame that a server sent, which is not masked.
///
/// `None` while it is incomplete. There is no limit: whoever calls this trusts
/// its server.
///
/// # Errors
///
/// As [`parse`], with a mask forbidden instead of required.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn parse_server(bytes: &[u8]) -> Result<Option<Header>, Violation> {
    let room = Room {
        bytes: usize::MAX,
        deflated_bytes: Some(usize::MAX),
        limit: usize::MAX,
    };
    read(bytes, Sender::Server, room)
}

/// Whose frame is read: clients must mask, servers must not (RFC 6455, 5.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Client,
    #[cfg(any(test, feature = "testing"))]
    Server,
}

fn read(bytes: &[u8], sender: Sender, room: Room) -> Result<Option<Header>, Violation> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let fin = first & FIN != 0;
    let is_deflated = first & DEFLATED != 0;
    let begins_message = matches!(first & OPCODE, 0x1 | 0x2);
    let bytes_left = match room.deflated_bytes {
        _ if !is_deflated => room.bytes,
        Some(deflated_bytes) if begins_message => deflated_bytes,
        _ => return Err(RESERVED_BITS),
    };
    if first & RESERVED != 0 {
        return Err(RESERVED_BITS);
    }
    let opcode = OpCode::from_bits(first & OPCODE)?;
    match (sender, second & MASKED != 0) {
        (Sender::Client, true) => {}
        (Sender::Client, false) => return Err(Violation::Protocol("frame is not masked")),
        #[cfg(any(test, feature = "testing"))]
        (Sender::Server, false) => {}
        #[cfg(any(test, feature = "testing"))]
        (Sender::Server, true) => return Err(Violation::Protocol("frame of a server is masked")),
    }
    let short = second & LENGTH;
    if opcode.is_control() && !fin {
        return Err(Violation::Protocol("control frame is fragmented"));
    }
    if opcode.is_control() && usize::from(short) > MAX_CONTROL {
        return Err(Violation::Protocol("control frame is over 125 bytes"));
    }
    let Some((announced, rest)) = length(short, rest)? else {
        return Ok(None);
    };
    let payload_len = match usize::try_from(announced) {
        Ok(payload_len) if opcode.is_control() || payload_len <= bytes_left => payload_len,
        _ => return Err(Violation::TooLarge { limit: room.limit }),
    };
    let (mask, rest) = match sender {
        #[cfg(any(test, feature = "testing"))]
        Sender::Server => ([0; 4], rest),
        Sender::Client => match rest.split_first_chunk::<4>() {
            Some((mask, rest)) => (*mask, rest),
            None => return Ok(None),
        },
    };
    let len = bytes.len() - rest.len();
    Ok(Some(Header {
        fin,
        opcode,
        is_deflated,
        mask,
        payload_len,
        len,
    }))
}

/// Reads a payload length in its three forms; `short` is the first.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    let (announced, least, rest) = match short {
        126 => match rest.split_first_chunk::<2>() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), 126, rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk::<8>() {
            Some((length, rest)) => (u64::from_be_bytes(*length), 1 << 16, rest),
            None => return Ok(None),
        },
        _ => (u64::from(short), 0, rest),
    };
    if announced < least {
        return Err(Violation::Protocol(
            "payload length is not in its shortest form",
        ));
    }
    if announced >> 63 != 0 {
        return Err(Violation::Protocol("payload length has its top bit set"));
    }
    Ok(Some((announced, rest)))
}

/// Bytes to leave free in front of a payload so that [`seal`] can put the header
/// there without moving it: the longest header of a frame that is not masked.
pub(crate) const HEAD_ROOM: usize = 10;

/// The longest header there is: the longest of a server and a mask.
pub(crate) const MAX_HEAD: usize = HEAD_ROOM + 4;

/// Makes a frame of `buffer` without copying its payload.
///
/// `buffer` is [`HEAD_ROOM`] bytes of any value, then the payload. The header
/// is written right in front of the payload; the frame is final and not masked.
///
/// # Panics
///
/// If `buffer` is shorter than [`HEAD_ROOM`].
pub(crate) fn seal(opcode: OpCode, buffer: Vec<u8>) -> Bytes {
    seal_with(opcode, 0, buffer)
}

/// The same for a payload that is compressed (RFC 7692, 6.1).
///
/// # Panics
///
/// As [`seal`].
pub(crate) fn seal_deflated(opcode: OpCode, buffer: Vec<u8>) -> Bytes {
    seal_with(opcode, DEFLATED, buffer)
}

fn seal_with(opcode: OpCode, bit: u8, mut buffer: Vec<u8>) -> Bytes {
    let (room, payload) = buffer
        .split_first_chunk_mut::<HEAD_ROOM>()
        .expect("a buffer to seal starts with HEAD_ROOM bytes");
    let (mut head, start) = head(opcode, payload.len());
    head[start] |= bit;
    *room = head;
    Bytes::from(buffer).slice(start..)
}

/// The opcode and the payload of a frame that we made: whole and not masked.
///
/// # Panics
///
/// If it is none.
pub(crate) fn open(frame: &[u8]) -> (OpCode, &[u8]) {
    let opcode = OpCode::from_bits(frame[0] & OPCODE).expect("we make no reserved ones");
    let head_len = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    (opcode, &frame[head_len..])
}

/// Appends a frame to `buffer`, final and not masked: its payload is what `write` appends.
pub(crate) fn append<T>(
    opcode: OpCode,
    buffer: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> T,
) -> T {
    let start = buffer.len();
    let payload_start = start + USUAL_HEAD;
    buffer.resize(payload_start, 0);
    let result = write(buffer);
    let payload_len = buffer.len() - payload_start;
    let (head, head_start) = head(opcode, payload_len);
    match head[head_start..] {
        // At most 125 bytes, which are moved at little cost.
        [first, second] => {
            buffer.copy_within(payload_start.., start + 2);
            buffer.truncate(start + 2 + payload_len);
            (buffer[start], buffer[start + 1]) = (first, second);
        }
        ref head => _ = buffer.splice(start..payload_start, head.iter().copied()),
    }
    result
}

/// Makes the header alone of a frame that is final and not masked.
pub(crate) fn header(opcode: OpCode, payload_len: usize) -> Bytes {
    let (head, start) = head(opcode, payload_len);
    Bytes::copy_from_slice(&head[start..])
}

/// Makes a frame, final and not masked, of a copy of `payload`.
pub(crate) fn encode(opcode: OpCode, payload: &[u8]) -> Bytes {
    let (head, start) = head(opcode, payload.len());
    Bytes::from([&head[start..], payload].concat())
}

/// Makes a frame as a client does: final and masked with `key` (RFC 6455, 5.3).
#[cfg(any(test, feature = "testing"))]
pub(crate) fn encode_masked(opcode: OpCode, payload: &[u8], mut key: [u8; 4]) -> Vec<u8> {
    let (mut head, start) = head(opcode, payload.len());
    head[start + 1] |= MASKED;
    let mut frame = [&head[start..], &key, payload].concat();
    let payload_start = frame.len() - payload.len();
    super::mask::unmask(&mut frame[payload_start..], &mut key);
    frame
}

/// Makes a close frame (RFC 6455, 5.5.1).
///
/// The codes that only name what was not received, 1005, 1006 and 1015, never
/// go on the wire (7.4.1): they give an empty body. A reason over 123 bytes is
/// cut in front of the character that would not fit.
pub(crate) fn close(code: u16, reason: &str) -> Bytes {
    if matches!(code, 1005 | 1006 | 1015) {
        return encode(OpCode::Close, &[]);
    }
    let reason = cut(reason, MAX_REASON_BYTES).as_bytes();
    encode(OpCode::Close, &[&code.to_be_bytes(), reason].concat())
}

/// Whether a peer may send `code` in a close frame (RFC 6455, 7.4, and the
/// codes registered since).
pub(crate) fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The header of a final frame that is not masked, at the end of its room, and
/// the index at which it starts there.
fn head(opcode: OpCode, payload_len: usize) -> ([u8; HEAD_ROOM], usize) {
    let mut head = [0; HEAD_ROOM];
    let start = match payload_len {
        0..=125 => {
            head[9] = payload_len as u8;
            8
        }
        126..=0xFFFF => {
            head[7] = 126;
            head[8..].copy_from_slice(&(payload_len as u16).to_be_bytes());
            6
        }
        _ => {
            head[1] = 127;
            head[2..].copy_from_slice(&(payload_len as u64).to_be_bytes());
            0
        }
    };
    head[start] = FIN | opcode as u8;
    (head, start)
}

/// The header of a payload of 126 bytes to 64 KiB.
const USUAL_HEAD: usize = 4;

const RESERVED_BITS: Violation = Violation::Protocol("reserved bits are set");

/// The most bytes the payload of a control frame may have (RFC 6455, 5.5).
pub(crate) const MAX_CONTROL: usize = 125;

// The first byte of a header.
const FIN: u8 = 0b1000_0000;
/// RFC 7692's own; it calls it RSV1, as the bit that RFC 6455 had reserved.
const DEFLATED: u8 = 0b0100_0000;
const RESERVED: u8 = 0b0011_0000;
const OPCODE: u8 = 0b0000_1111;
// The second.
const MASKED: u8 = 0b1000_0000;
const LENGTH: u8 = 0b0111_1111;
