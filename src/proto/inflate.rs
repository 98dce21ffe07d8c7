//! Inflating messages (RFC 7692, 7.2.2).

use super::Violation;
use super::deflate::BLOCK_END;
use flate2::{Decompress, FlushDecompress, Status};
use std::cell::Cell;

/// An inflater, and the window into what it gave out: 47 KiB.
pub(crate) struct Inflater {
    state: Decompress,
    /// Nothing has come since a message or a final block (BFINAL) ended.
    is_at_rest: bool,
}

impl Inflater {
    /// Takes every window: what a client compressed with a smaller one is no different.
    pub(crate) fn new() -> Self {
        Self {
            state: Decompress::new(false),
            is_at_rest: true,
        }
    }

    /// Inflates a piece of a message and hands what it becomes to `sink`, 4 KiB at a time,
    /// so that a sink that refuses more bounds memory and work.
    ///
    /// What `sink` gets, and which error ends it, does not depend on how a message is cut.
    ///
    /// # Errors
    ///
    /// [`Violation::Deflate`] for what is no deflate stream, or `sink`'s own.
    pub(crate) fn push(
        &mut self,
        piece: &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        self.push_by(piece, &mut [0; BUFFER_BYTES], sink)
    }

    fn push_by(
        &mut self,
        mut piece: &[u8],
        buffer: &mut [u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        loop {
            self.is_at_rest &= piece.is_empty();
            let (took_before, gave_before) = (self.state.total_in(), self.state.total_out());
            let result = (self.state).decompress(piece, buffer, FlushDecompress::None);
            let took = (self.state.total_in() - took_before) as usize;
            let gave = (self.state.total_out() - gave_before) as usize;
            // Also in front of an error, or the next piece's end would decide which
            // violation is seen first.
            if gave > 0 {
                sink(&buffer[..gave])?;
            }
            piece = &piece[took..];
            match result {
                Err(_) => return Err(Violation::Deflate),
                Ok(Status::StreamEnd) => {
                    // A sender may flush by a final block; what follows begins anew, as
                    // zlib's own compressor does behind one (RFC 7692, 7.2.3.4).
                    self.state.reset(false);
                    self.is_at_rest = true;
                    if piece.is_empty() {
                        return Ok(());
                    }
                }
                Ok(_) if gave < buffer.len() && piece.is_empty() => return Ok(()),
                Ok(_) if took + gave == 0 => return Err(Violation::Deflate),
                Ok(_) => {}
            }
        }
    }

    /// Ends a message. If `keeps_context`, the next one may refer to it; otherwise the
    /// inflater needs a [`reset`](Self::reset) before it is used again.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and [`Violation::Deflate`] if the message stops inside a block.
    pub(crate) fn finish(
        &mut self,
        keeps_context: bool,
        sink: &mut impl FnMut(&[u8]) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        // A final block with nothing behind it may end a message too. And an empty message
        // should be a byte, but zlib makes nothing of a second one in a row, so that there
        // are clients that send nothing.
        if self.is_at_rest {
            return Ok(());
        }
        // Next to nothing comes out of what follows.
        let buffer = &mut [0; 64];
        self.push_by(&BLOCK_END, buffer, sink)?;
        let mut nothing = |_: &[u8]| Err(Violation::Deflate);
        if keeps_context {
            // Between two blocks an empty one is in order; inside of one it is content,
            // unless what is cut off is a block's table of codes, which shows later.
            self.push_by(&EMPTY_BLOCK, buffer, &mut nothing)?;
            self.is_at_rest = true;
        } else {
            // Between two blocks this is an end; inside of one it is not.
            self.push_by(&FINAL_BLOCK, buffer, &mut nothing)?;
        }
        self.is_at_rest.then_some(()).ok_or(Violation::Deflate)
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.state.reset(false);
        self.is_at_rest = true;
    }
}

/// An inflater for one message, the thread's if it is there.
pub(crate) fn borrow() -> Box<Inflater> {
    let mut inflater = INFLATER.take().unwrap_or_else(|| Box::new(Inflater::new()));
    inflater.reset();
    inflater
}

/// Gives an inflater to the thread for the next message, of whatever connection.
pub(crate) fn give_back(inflater: Box<Inflater>) {
    INFLATER.set(Some(inflater));
}

thread_local! {
    /// The thread's inflater: none belongs to a connection that keeps no context.
    static INFLATER: Cell<Option<Box<Inflater>>> = const { Cell::new(None) };
}

/// What an inflater holds: zlib's window and tables.
pub(crate) const INFLATER_BYTES: usize = 47 << 10;

/// A block that is empty and begins at a byte.
const EMPTY_BLOCK: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];

/// The same, and the last of its stream.
const FINAL_BLOCK: [u8; 2] = [0x03, 0x00];

/// Most messages fit, and a bomb is found out within as many bytes over its limit.
const BUFFER_BYTES: usize = 4 << 10;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What one message becomes, alike whether it comes whole or byte by byte, and
    /// whether or not its context is kept.
    pub(in crate::proto) fn inflated(message: &[u8]) -> Result<Vec<u8>, Violation> {
        let inflate = |chunk: usize, keeps_context: bool| {
            let (mut inflater, mut out) = (borrow(), Vec::new());
            let mut sink = |piece: &[u8]| {
                out.extend_from_slice(piece);
                Ok(())
            };
            let result = message
                .chunks(chunk)
                .try_for_each(|piece| inflater.push(piece, &mut sink))
                .and_then(|()| inflater.finish(keeps_context, &mut sink));
            give_back(inflater);
            result.map(|()| out)
        };
        let whole = inflate(message.len().max(1), false);
        assert!(whole == inflate(1, false), "it depends on how it is cut");
        if whole.is_ok() {
            assert!(whole == inflate(message.len().max(1), true));
        }
        whole
    }

    #[test]
    fn the_examples_of_the_rfc_are_inflated() {
        for (name, message) in [
            ("7.2.3.1", &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..]),
            ("7.2.3.3", b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
            ("7.2.3.4", b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
            (
                "7.2.3.5",
                b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
            ),
        ] {
            assert_eq!(inflated(message).unwrap(), b"Hello", "{name}");
        }
        assert_eq!(inflated(b"\x00").unwrap(), b"", "7.2.3.6");
        assert_eq!(inflated(b"").unwrap(), b"", "against the letter");
    }

    #[test]
    fn a_context_that_is_kept_is_referred_to() {
        let (mut inflater, mut out) = (Inflater::new(), Vec::new());
        let mut sink = |piece: &[u8]| {
            out.extend_from_slice(piece);
            Ok(())
        };
        // RFC 7692, 7.2.3.2: the second message is five bytes that point into the first.
        for message in [
            &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
            b"\xf2\x00\x11\x00\x00",
        ] {
            inflater.push(message, &mut sink).unwrap();
            inflater.finish(true, &mut sink).unwrap();
        }
        assert_eq!(out, b"HelloHello");
        assert_eq!(inflated(b"\xf2\x00\x11\x00\x00"), Err(Violation::Deflate));
    }

    #[test]
    fn a_final_block_may_be_the_end_or_be_followed_by_more() {
        let last = &b"\xf3\x48\xcd\xc9\xc9\x07\x00"[..];
        let more = &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..];
        assert_eq!(inflated(last).unwrap(), b"Hello");
        assert_eq!(inflated(&[last, more].concat()).unwrap(), b"HelloHello");
        assert_eq!(
            inflated(&[last, last, last].concat()).unwrap(),
            b"HelloHelloHello"
        );
        assert_eq!(inflated(&b"\x03\x00".repeat(5000)).unwrap(), b"");
    }

    #[test]
    fn garbage_is_refused() {
        for (what, message) in [
            ("a block type that does not exist", &b"\xff\xff\xff\xff"[..]),
            (
                "a stored length that contradicts itself",
                b"\x00\x05\x00\xfa\xfeHello\x00",
            ),
            ("a reference before the beginning", b"\xf2\x00\x11\x00\x00"),
            (
                "a final block with half a block behind",
                b"\x03\x00\x00\x05",
            ),
            ("text", b"Hello, this is no deflate stream"),
        ] {
            assert_eq!(inflated(message), Err(Violation::Deflate), "{what}");
        }
    }

    #[test]
    fn a_message_that_stops_inside_a_block_is_refused() {
        let text = br#"{"event":"message","payload":{"user":"ada","text":"hello, hello"}}"#;
        let mut message = Vec::new();
        crate::proto::deflate::Compressor::new(15).append(&text.repeat(50), &mut message);
        for end in 1..message.len() {
            assert_eq!(inflated(&message[..end]), Err(Violation::Deflate), "{end}");
        }
        let stored = b"\x00\x05\x00\xfa\xffHello";
        for end in [2, 3, 4, 5, 7, 8, 9] {
            assert_eq!(inflated(&stored[..end]), Err(Violation::Deflate), "{end}");
        }
        // Four bytes less are what a receiver adds, so nobody can tell.
        assert_eq!(inflated(&stored[..6]).unwrap(), b"H\0\0\xff\xff");
    }

    #[test]
    fn a_bomb_is_stopped_by_its_sink() {
        let mut bomb = Vec::new();
        crate::proto::deflate::Compressor::new(15).append(&vec![0; 16 << 20], &mut bomb);
        assert!(bomb.len() < 20_000, "{}", bomb.len());
        for limit in [0, 1, 1000, 1 << 20] {
            let mut seen = 0;
            let refused = borrow().push(&bomb, &mut |piece| {
                seen += piece.len();
                if seen > limit {
                    return Err(Violation::TooLarge { limit });
                }
                Ok(())
            });
            assert_eq!(refused, Err(Violation::TooLarge { limit }));
            assert!(seen <= limit + BUFFER_BYTES);
        }
    }
}
