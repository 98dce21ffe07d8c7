//! Compressing messages (RFC 7692, 7.2.1).

use super::frame::{self, HEAD_ROOM, OpCode};
use crate::compression::MAX_WINDOW_BITS;
use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};
use std::cell::Cell;

/// A compressor and what it remembers of earlier messages: up to 370 KiB.
pub(crate) struct Compressor(Compress);

impl Compressor {
    /// Refers back by at most 2 to the power of `window_bits` bytes.
    pub(crate) fn new(window_bits: u8) -> Self {
        Self(Compress::new_with_window_bits(LEVEL, false, window_bits))
    }

    /// Appends the compressed `message` to `out`, however long it gets.
    ///
    /// Who reads it must have read all that was compressed before.
    pub(super) fn append(&mut self, message: &[u8], out: &mut Vec<u8>) {
        // zlib has nothing to flush where nothing came; this is the rest of an empty
        // stored block (RFC 7692, 7.2.3.6).
        if message.is_empty() {
            out.push(0);
            return;
        }
        let mut rest = message;
        // A part of the block's end left over would be written as a second end.
        out.reserve(message.len() / 2 + ROOM_FOR_ENDS);
        while !self.flush(&mut rest, out) {
            out.reserve(rest.len() / 2 + ROOM_FOR_ENDS);
        }
        out.truncate(out.len() - BLOCK_END.len());
    }

    /// Makes a frame, final and not masked, of the compressed `message`.
    pub(crate) fn frame(&mut self, opcode: OpCode, message: &[u8]) -> Bytes {
        let mut buffer = vec![0; HEAD_ROOM];
        self.append(message, &mut buffer);
        buffer.shrink_to_fit();
        frame::seal_deflated(opcode, buffer)
    }

    /// Compresses what fits into the capacity of `out`. True if that was all.
    fn flush(&mut self, rest: &mut &[u8], out: &mut Vec<u8>) -> bool {
        let before = self.0.total_in();
        self.0
            .compress_vec(rest, out, FlushCompress::Sync)
            .expect("a compressor between two calls is in order");
        *rest = &rest[(self.0.total_in() - before) as usize..];
        out.len() < out.capacity()
    }

    /// Takes out what found no room, for nobody: a reset of zlib-rs 0.6.8 forgets it, but leaves
    /// its place in the buffer taken, which panics when there is none left.
    fn let_go_of_pending(&mut self) {
        let scratch = &mut [0; 4096];
        loop {
            let before = self.0.total_out();
            // An error says that there is nothing to do.
            let _ = self.0.compress(&[], scratch, FlushCompress::None);
            if self.0.total_out() - before < scratch.len() as u64 {
                return;
            }
        }
    }
}

/// Makes a frame, final and not masked, of `message` compressed alone: it refers to nothing
/// but itself. `None` if that would not be shorter: a message of noise, or of a few bytes.
pub(crate) fn frame_alone(opcode: OpCode, message: &[u8]) -> Option<Bytes> {
    let mut buffer = vec![0; HEAD_ROOM];
    let is_shorter = append_alone(message, &mut buffer);
    is_shorter.then(|| {
        // What waits in an outbox is counted by its length, so it must own no more.
        buffer.shrink_to_fit();
        frame::seal_deflated(opcode, buffer)
    })
}

/// Appends the compressed `message` to `out`, referring to nothing but itself.
///
/// False, and `out` as it was, if that would not make it shorter.
fn append_alone(message: &[u8], out: &mut Vec<u8>) -> bool {
    let mut compressor = COMPRESSOR
        .take()
        .unwrap_or_else(|| Box::new(Compressor::new(MAX_WINDOW_BITS)));
    compressor.0.reset();
    let (start, mut rest) = (out.len(), message);
    // As much room as it may take, and to be seen that there was enough: no need to
    // compress a message of noise to its end.
    out.reserve_exact(message.len() + BLOCK_END.len());
    let is_whole = compressor.flush(&mut rest, out);
    if !is_whole {
        compressor.let_go_of_pending();
    }
    COMPRESSOR.set(Some(compressor));
    let end = out.len().saturating_sub(BLOCK_END.len());
    let is_shorter = is_whole && end < start + message.len();
    out.truncate(if is_shorter { end } else { start });
    is_shorter
}

thread_local! {
    /// The thread's compressor: none belongs to a connection that keeps no context.
    static COMPRESSOR: Cell<Option<Box<Compressor>>> = const { Cell::new(None) };
}

/// What an empty stored block ends with. A sender leaves it out, and a receiver puts it
/// back (RFC 7692, 7.2.1 and 7.2.2).
pub(super) const BLOCK_END: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// zlib wants to see six free bytes behind a flush; a few more make loops rare.
const ROOM_FOR_ENDS: usize = 64;

/// Of the chat's JSON, 4 KiB become 673 bytes in 17 µs at this level, 875 in 8 µs at level
/// 1, 622 in 22 µs at level 6; of 64 KiB it needs a third of the time of level 6 and
/// leaves a fifth more.
const LEVEL: Compression = Compression::new(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::inflate::tests::inflated;
    use proptest::prelude::*;

    fn alone(message: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"before".to_vec();
        let is_shorter = append_alone(message, &mut out);
        assert_eq!(&out[..6], b"before");
        is_shorter.then(|| out.split_off(6)).or_else(|| {
            assert_eq!(out.len(), 6, "left as it was");
            None
        })
    }

    #[test]
    fn a_message_gets_shorter_or_stays_as_it_is() {
        for length in [0, 1, 5, 63, 64, 1000, 100_000] {
            let text = "a word or two, ".repeat(length).into_bytes();
            match alone(&text) {
                Some(compressed) => {
                    assert!(compressed.len() < text.len());
                    assert_eq!(inflated(&compressed).unwrap(), text);
                }
                None => assert!(length < 5, "{length}"),
            }
        }
        let mut noise = vec![0; 100_000];
        getrandom::fill(&mut noise).unwrap();
        assert_eq!(alone(&noise), None);
    }

    /// zlib-rs 0.6.8 forgets what is pending at a reset, but not where it stood: each message of
    /// noise took a part of its buffer away, until there was none left and it panicked.
    #[test]
    fn noise_leaves_the_compressor_as_it_was() {
        for length in [100, 10_000, 70_000, 300_000] {
            let mut noise = vec![0; length];
            for _ in 0..20 {
                getrandom::fill(&mut noise).unwrap();
                assert_eq!(alone(&noise), None);
            }
        }
        let text = "a word or two, ".repeat(100);
        assert_eq!(
            inflated(&alone(text.as_bytes()).unwrap()).unwrap(),
            text.as_bytes()
        );
    }

    #[test]
    fn equal_messages_are_compressed_to_equal_bytes() {
        let message = "the same for everybody ".repeat(20);
        let first = alone(message.as_bytes());
        assert!(alone(&[7; 5000]).is_some());
        assert_eq!(alone(message.as_bytes()), first);
    }

    #[test]
    fn a_kept_context_makes_the_second_message_shorter() {
        for bits in 9..=15 {
            let mut compressor = Compressor::new(bits);
            let message = br#"{"event":"message","payload":{"user":"ada","text":"hello"}}"#;
            let mut lengths = [0; 2];
            for length in &mut lengths {
                let mut out = Vec::new();
                compressor.append(message, &mut out);
                *length = out.len();
            }
            assert!(lengths[1] < lengths[0] / 3, "{bits}: {lengths:?}");
        }
    }

    #[test]
    fn an_empty_message_is_one_byte() {
        let mut compressor = Compressor::new(15);
        for _ in 0..3 {
            let mut out = Vec::new();
            compressor.append(b"", &mut out);
            assert_eq!(out, [0]);
        }
        assert_eq!(inflated(&[0]).unwrap(), b"");
    }

    proptest! {
        #[test]
        fn what_is_compressed_is_what_comes_out(
            messages in prop::collection::vec(message(), 1..6), bits in 9u8..=15,
        ) {
            let mut compressor = Compressor::new(bits);
            let mut inflater = crate::proto::inflate::Inflater::new();
            for message in messages {
                if let Some(compressed) = alone(&message) {
                    prop_assert!(compressed.len() < message.len());
                    prop_assert!(inflated(&compressed).unwrap() == message);
                }
                let (mut compressed, mut out) = (Vec::new(), Vec::new());
                compressor.append(&message, &mut compressed);
                let mut sink = |piece: &[u8]| { out.extend_from_slice(piece); Ok(()) };
                inflater.push(&compressed, &mut sink).unwrap();
                inflater.finish(true, &mut sink).unwrap();
                prop_assert!(out == message);
            }
        }
    }

    fn message() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            any::<Vec<u8>>(),
            prop::collection::vec(any::<u8>(), 0..10_000),
            ("[a-f ]{0,40}", 0usize..2000)
                .prop_map(|(text, times)| text.repeat(times).into_bytes()),
        ]
    }
}
