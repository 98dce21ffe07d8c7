//! Compressed bytes of a peer, and bytes that we compress.

use crate::proto::Violation;
use crate::proto::deflate::{self, Compressor};
use crate::proto::frame::{self, OpCode};
use crate::proto::inflate::{self as inflater, Inflater};

/// Inflates `data` as a peer's message, within a limit and in pieces; and compresses it as
/// a message of ours, which must come back as it was.
pub fn inflate(data: &[u8]) {
    let limit = 4000 * usize::from(data.first().copied().unwrap_or_default());
    let whole = message(data, data.len(), limit, false);
    assert_eq!(
        whole,
        message(data, 1, limit, false),
        "it depends on the cut"
    );
    assert_eq!(
        whole,
        message(data, 7, limit, false),
        "it depends on the cut"
    );
    if let Ok(whole) = whole {
        assert!(whole.len() <= limit);
        let kept = message(data, data.len(), limit, true);
        assert_eq!(kept, Ok(whole), "it depends on whether a context is kept");
    }
    round_trip(data);
}

/// What a message becomes, or why not.
fn message(
    data: &[u8],
    piece: usize,
    limit: usize,
    keeps_context: bool,
) -> Result<Vec<u8>, Violation> {
    let (mut inflater, mut out) = (inflater::borrow(), Vec::new());
    let mut sink = |piece: &[u8]| {
        if out.len() + piece.len() > limit {
            return Err(Violation::TooLarge { limit });
        }
        out.extend_from_slice(piece);
        Ok(())
    };
    let result = (data.chunks(piece.max(1)))
        .try_for_each(|piece| inflater.push(piece, &mut sink))
        .and_then(|()| inflater.finish(keeps_context, &mut sink));
    inflater::give_back(inflater);
    result.map(|()| out)
}

/// Alone and in a context, twice, so that the second time refers to the first.
fn round_trip(data: &[u8]) {
    if let Some(frame) = deflate::frame_alone(OpCode::Binary, data) {
        let (opcode, compressed) = frame::open(&frame);
        assert_eq!(opcode, OpCode::Binary);
        assert!(compressed.len() < data.len(), "it is shorter");
        let back = message(compressed, 5, data.len(), false);
        assert_eq!(back.as_deref(), Ok(data), "alone");
    }
    let bits = 9 + data.last().copied().unwrap_or_default() % 7;
    let (mut compressor, mut inflater) = (Compressor::new(bits), Inflater::new());
    for _ in 0..2 {
        let frame = compressor.frame(OpCode::Text, data);
        let mut out = Vec::new();
        let mut sink = |piece: &[u8]| {
            out.extend_from_slice(piece);
            Ok(())
        };
        let (_, compressed) = frame::open(&frame);
        inflater.push(compressed, &mut sink).expect("it inflates");
        inflater.finish(true, &mut sink).expect("it ends");
        assert_eq!(out, data, "in a context of {bits} bits");
    }
}
