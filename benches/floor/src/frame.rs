//! Frames of well-behaved clients: whole, masked, not fragmented.

/// Where a frame's payload lies in what was read.
#[derive(Debug, PartialEq)]
pub struct Frame {
    pub opcode: u8,
    pub start: usize,
    pub end: usize,
}

pub const CLOSE: u8 = 8;

/// Finds the first frame at or behind `at` and unmasks it; `None` while it is not whole.
pub fn read(bytes: &mut [u8], at: usize) -> Option<Frame> {
    let &[first, second, ..] = bytes.get(at..)? else {
        return None;
    };
    let (header, length) = match second & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*bytes[at..].get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            u64::from_be_bytes(*bytes[at..].get(2..)?.first_chunk()?) as usize,
        ),
        length => (2, usize::from(length)),
    };
    let start = at + header + 4;
    let end = start.checked_add(length)?;
    let key: [u8; 4] = *bytes.get(at + header..)?.first_chunk()?;
    unmask(bytes.get_mut(start..end)?, key);
    Some(Frame {
        opcode: first & 0x0f,
        start,
        end,
    })
}

fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let mut words = payload.chunks_exact_mut(4);
    for word in &mut words {
        for (byte, key) in word.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// The header of a text of this length: its bytes, and how many of them count.
pub fn header(length: usize) -> ([u8; 10], usize) {
    let mut header = [0; 10];
    header[0] = 0x81;
    let used = match length {
        0..126 => {
            header[1] = length as u8;
            2
        }
        126..65_536 => {
            header[1] = 126;
            header[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    (header, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masked_hello_of_the_rfc_is_read() {
        let hello = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        for cut in 0..hello.len() {
            assert_eq!(read(&mut { hello }[..cut], 0), None, "cut at {cut}");
        }
        let mut bytes = hello;
        let frame = read(&mut bytes, 0).unwrap();
        assert_eq!(&bytes[frame.start..frame.end], b"Hello");
    }

    #[test]
    fn headers_grow_with_the_length() {
        assert_eq!(header(125), ([0x81, 125, 0, 0, 0, 0, 0, 0, 0, 0], 2));
        assert_eq!(header(126), ([0x81, 126, 0, 126, 0, 0, 0, 0, 0, 0], 4));
        assert_eq!(header(65_536), ([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0], 10));
    }
}
