//! A stream of frames: cut anywhere, it must give the same messages and the same verdict.

use crate::proto::Violation;
use crate::proto::message::{Compressed, Decoder, Incoming};

/// Decodes a client's stream as a whole, and in pieces.
///
/// The first byte chooses what was agreed on about compression and the limit of a message,
/// the next four how long the pieces are; what follows is the stream.
pub fn frames(data: &[u8]) {
    let Some((&[settings, a, b, c, d], stream)) = data.split_first_chunk() else {
        return;
    };
    let compressed = match settings % 3 {
        0 => Compressed::Refused,
        1 => Compressed::Alone,
        _ => Compressed::Kept,
    };
    let limit = LIMITS[usize::from(settings / 3) % LIMITS.len()];
    let decoder = || Decoder::new(limit, compressed);

    let whole = Heard::of(&mut decoder(), limit, [stream]);
    let lengths = [a, b, c, d].map(|length| usize::from(length) + 1);
    let pieces = Heard::of(&mut decoder(), limit, cut(stream, &lengths));
    assert_eq!(whole, pieces, "it depends on how the stream is cut");
    let bytes = Heard::of(&mut decoder(), limit, stream.chunks(1));
    assert_eq!(whole, bytes, "it depends on how the stream is cut");
}

/// Everything that came out of a decoder.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    /// Opcode, close code and content.
    messages: Vec<(u8, u16, Vec<u8>)>,
    verdict: Option<Violation>,
}

impl Heard {
    fn of<'a>(
        decoder: &mut Decoder,
        limit: usize,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let (mut heard, mut arrived) = (Self::default(), 0);
        for piece in pieces {
            let mut piece = piece.to_vec();
            arrived += piece.len();
            let mut input = &mut piece[..];
            loop {
                match decoder.next(&mut input) {
                    Ok(Some(Incoming::Close { code, reason })) => {
                        heard.messages.push((8, code, reason.into()));
                        return heard;
                    }
                    Ok(Some(incoming)) => heard.note(incoming, limit),
                    Ok(None) => break,
                    Err(violation) => {
                        heard.verdict = Some(violation);
                        return heard;
                    }
                }
            }
            assert!(input.is_empty(), "`None` means that all was taken");
            let held = decoder.held_bytes();
            let most = 2 * arrived + limit + INFLATER_BYTES;
            assert!(held <= most, "{held} bytes held for {arrived}");
        }
        heard
    }

    fn note(&mut self, incoming: Incoming<'_>, limit: usize) {
        let (opcode, content) = match incoming {
            Incoming::Text(text) => (1, text.into_owned().into_bytes()),
            Incoming::Line(text) => (1, text.into()),
            Incoming::Binary(bytes) => (2, bytes.into_owned()),
            Incoming::Ping(bytes) => (9, bytes.to_vec()),
            Incoming::Pong(bytes) => (10, bytes.to_vec()),
            Incoming::Fragment | Incoming::Close { .. } => return,
        };
        let most = if opcode < 8 { limit } else { 125 };
        assert!(content.len() <= most, "{} bytes", content.len());
        self.messages.push((opcode, 0, content));
    }
}

fn cut<'a>(mut stream: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    lengths.iter().cycle().map_while(move |length| {
        let (piece, rest) = stream.split_at(stream.len().min(*length));
        stream = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// From a limit of nothing to one that a bomb of a few bytes goes over.
const LIMITS: [usize; 5] = [0, 10, 125, 1000, 70_000];

/// What zlib keeps for a message of which a part has arrived, and a little.
const INFLATER_BYTES: usize = 64 << 10;
