//! RFC 6455 as a client sees it: masked frames out, unmasked frames in.
//!
//! Written apart from the framework's own codec, so that one checks the other.

use crate::failure::Result;

/// A frame's kind (RFC 6455, 5.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Opcode {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// A whole frame of a server.
#[derive(Debug, PartialEq)]
pub struct Frame<'a> {
    pub opcode: Opcode,
    pub payload: &'a [u8],
}

/// Reads the first frame and the bytes it takes; `None` while it is not whole.
pub fn read(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let opcode = opcode(*first)?;
    if second & MASKED != 0 {
        return Err("the server masked a frame".into());
    }
    let Some((header, length)) = length(*second, rest)? else {
        return Ok(None);
    };
    if opcode as u8 >= Opcode::Close as u8 && length > 125 {
        return Err(format!("the server sent a control frame of {length} bytes").into());
    }
    let whole = header + length;
    let payload = bytes.get(header..whole);
    Ok(payload.map(|payload| (Frame { opcode, payload }, whole)))
}

/// None of the servers has a reason to fragment or to extend what it sends.
fn opcode(first: u8) -> Result<Opcode> {
    Ok(match first {
        0x81 => Opcode::Text,
        0x82 => Opcode::Binary,
        0x88 => Opcode::Close,
        0x89 => Opcode::Ping,
        0x8a => Opcode::Pong,
        _ => return Err(format!("the server began a frame with {first:#04x}").into()),
    })
}

/// The header's length and the payload's, which must be written as short as can be.
fn length(second: u8, rest: &[u8]) -> Result<Option<(usize, usize)>> {
    let (header, length, least) = match (second, rest) {
        (126, [a, b, ..]) => (4, u64::from(u16::from_be_bytes([*a, *b])), 126),
        (127, [a, b, c, d, e, f, g, h, ..]) => (
            10,
            u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
            1 << 16,
        ),
        (126 | 127, _) => return Ok(None),
        _ => (2, u64::from(second), 0),
    };
    if length < least {
        return Err(format!("the server wrote a length of {length} in too many bytes").into());
    }
    match usize::try_from(length) {
        Ok(length) if length <= MAX_BYTES => Ok(Some((header, length))),
        _ => Err(format!("the server announced a frame of {length} bytes").into()),
    }
}

/// Appends a masked frame; tells where its payload begins.
pub fn write(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], key: [u8; 4]) -> usize {
    out.push(0x80 | opcode as u8);
    match payload.len() {
        length @ ..126 => out.push(MASKED | length as u8),
        length @ ..65_536 => {
            out.push(MASKED | 126);
            out.extend((length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out.extend(key);
    let start = out.len();
    out.extend(
        payload
            .iter()
            .zip(key.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    start
}

/// A mask for each connection, never zero: a server must do the work of unmasking.
pub fn key(connection: usize) -> [u8; 4] {
    (0x37fa_213d_u32 ^ (connection as u32).wrapping_mul(0x0101_0003) | 0x0101_0101).to_be_bytes()
}

const MASKED: u8 = 0x80;

/// More than any scenario sends, and less than what would hide a broken length.
pub const MAX_BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// The same frame as a server writes it.
    fn unmasked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let start = write(&mut bytes, opcode, payload, [0; 4]);
        bytes.drain(start - 4..start);
        bytes[1] &= !MASKED;
        bytes
    }

    #[test]
    fn frames_of_every_length_are_read_once_they_are_whole() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, MAX_BYTES] {
            let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let bytes = unmasked(Opcode::Text, &payload);
            for cut in [0, 1, 2, 3, 9, bytes.len() - 1] {
                if cut < bytes.len() {
                    assert_eq!(read(&bytes[..cut]), Ok(None), "{length} bytes cut at {cut}");
                }
            }
            let frame = Frame {
                opcode: Opcode::Text,
                payload: &payload,
            };
            let mut longer = bytes.clone();
            longer.push(0x81);
            assert_eq!(read(&longer), Ok(Some((frame, bytes.len()))));
        }
    }

    #[test]
    fn the_masked_hello_of_the_rfc_is_written() {
        let mut bytes = Vec::new();
        let start = write(&mut bytes, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(start, 6);
        assert_eq!(
            bytes,
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn no_key_has_a_zero_in_it() {
        for connection in 0..20_000 {
            assert!(!key(connection).contains(&0), "{connection}");
        }
    }

    #[test]
    fn a_server_that_breaks_the_protocol_is_found() {
        for (what, bytes) in [
            ("masked", &[0x81, 0x81, 1, 2, 3, 4, 5][..]),
            ("fragmented", &[0x01, 0x01, b'a']),
            ("a reserved bit", &[0xc1, 0x01, b'a']),
            ("an unknown kind", &[0x83, 0x00]),
            ("two bytes for 125", &[0x81, 126, 0, 125]),
            (
                "eight bytes for 65535",
                &[0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
            ),
            ("a long ping", &[0x89, 126, 0, 126]),
            ("a gigabyte", &[0x81, 127, 0, 0, 0, 0, 0x40, 0, 0, 0]),
        ] {
            assert!(read(bytes).is_err(), "{what} is taken");
        }
    }
}
