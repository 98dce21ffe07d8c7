//! A compressed message on its way in (RFC 7692, 6.2): inflated as it arrives, within the
//! limit.

use super::Compressed;
use super::gathered::Gathered;
use crate::proto::Violation;
use crate::proto::inflate::{self, INFLATER_BYTES, Inflater};

/// How a connection reads a compressed message.
///
/// A message that is there as a whole is inflated by the thread's inflater. Of one that is
/// not, the first 16 KiB wait as they came; only when more arrive it gets an inflater of
/// its own until its end. So a bomb is found out before 17 KiB of it are here, and who
/// begins a message and leaves it at that holds what it sent, not 47 KiB.
pub(super) struct Inflation {
    /// The one inflater of a client that keeps its context, once it has said something.
    kept: Option<Box<Inflater>>,
    keeps_context: bool,
    message: Message,
    /// See [`take_cost`](Self::take_cost).
    cost: usize,
}

/// The message of which a part has arrived.
enum Message {
    Nothing,
    /// As it came: too little for an inflater.
    Waits(Vec<u8>),
    Runs {
        inflater: Box<Inflater>,
        arrived_bytes: usize,
    },
}

impl Inflation {
    /// The one that is there, or a new one.
    pub(super) fn of(place: &mut Option<Box<Self>>, compressed: Compressed) -> &mut Self {
        place.get_or_insert_with(|| {
            Box::new(Self {
                kept: None,
                keeps_context: compressed == Compressed::Kept,
                message: Message::Nothing,
                cost: 0,
            })
        })
    }

    /// Begins a message of which more will arrive.
    pub(super) fn begin(&mut self) {
        self.message = Message::Waits(Vec::new());
    }

    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.message, Message::Nothing)
    }

    /// How many compressed bytes of the message may still come.
    pub(super) fn room(&self, limit: usize) -> usize {
        most_compressed(limit).saturating_sub(match &self.message {
            Message::Nothing => 0,
            Message::Waits(waiting) => waiting.len(),
            Message::Runs { arrived_bytes, .. } => *arrived_bytes,
        })
    }

    /// Whether a message is on its way, or a context is kept.
    pub(super) fn holds_something(&self) -> bool {
        self.is_under_way() || self.kept.is_some()
    }

    /// Takes what arrived of a message that was begun, and appends to `plain` what it becomes.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        plain: &mut Gathered,
        limit: usize,
    ) -> Result<(), Violation> {
        if let Message::Waits(waiting) = &mut self.message {
            if waiting.len() + piece.len() < STEP_BYTES {
                waiting.extend_from_slice(piece);
                return Ok(());
            }
            let waiting = std::mem::take(waiting);
            self.run();
            self.inflate(&waiting, plain, limit)?;
        }
        self.inflate(piece, plain, limit)
    }

    /// Inflates the rest of a message, now that its last byte is here.
    pub(super) fn finish(&mut self, plain: &mut Gathered, limit: usize) -> Result<(), Violation> {
        if let Message::Waits(waiting) = &mut self.message {
            let waiting = std::mem::take(waiting);
            return self.whole(&waiting, plain, limit);
        }
        let message = std::mem::replace(&mut self.message, Message::Nothing);
        if let Message::Runs { mut inflater, .. } = message {
            let keeps_context = self.keeps_context;
            inflater.finish(keeps_context, &mut |piece| append(plain, piece, limit))?;
            if keeps_context {
                self.kept = Some(inflater);
            } else {
                inflate::give_back(inflater);
            }
        }
        Ok(())
    }

    /// Inflates a message that is all there.
    pub(super) fn whole(
        &mut self,
        payload: &[u8],
        plain: &mut Gathered,
        limit: usize,
    ) -> Result<(), Violation> {
        self.run();
        self.inflate(payload, plain, limit)?;
        self.finish(plain, limit)
    }

    /// What inflating has cost since this was asked last, as the number of bytes whose
    /// plain reading takes about as long.
    ///
    /// What comes out takes about 0.5 ns a byte, what goes in 4 ns, or 115 from somebody who
    /// sends nothing but tables of codes.
    pub(super) fn take_cost(&mut self) -> usize {
        std::mem::take(&mut self.cost)
    }

    pub(super) fn held_bytes(&self) -> usize {
        match &self.message {
            Message::Nothing => 0,
            Message::Waits(waiting) => waiting.capacity(),
            Message::Runs { .. } => INFLATER_BYTES,
        }
    }

    fn run(&mut self) {
        self.message = Message::Runs {
            inflater: self.kept.take().unwrap_or_else(inflate::borrow),
            arrived_bytes: 0,
        };
    }

    fn inflate(
        &mut self,
        piece: &[u8],
        plain: &mut Gathered,
        limit: usize,
    ) -> Result<(), Violation> {
        let Message::Runs {
            inflater,
            arrived_bytes,
        } = &mut self.message
        else {
            return Ok(());
        };
        *arrived_bytes += piece.len();
        let before = plain.len();
        let result = inflater.push(piece, &mut |piece| append(plain, piece, limit));
        self.cost += 64 * piece.len() + plain.len() - before;
        result
    }
}

/// Appends what came out, as long as the message stays within `limit`.
fn append(plain: &mut Gathered, piece: &[u8], limit: usize) -> Result<(), Violation> {
    let room = limit - plain.len();
    // A bad byte in front of the limit counts first, however the message was cut.
    plain.push(&piece[..piece.len().min(room)], limit)?;
    if piece.len() > room {
        return Err(Violation::TooLarge { limit });
    }
    Ok(())
}

/// How many bytes a compressed message may have.
///
/// A message of noise gets longer, by 5 bytes for each block of its compressor, which
/// are at least 127 long. The work that empty blocks make is bounded by this too.
pub(super) fn most_compressed(limit: usize) -> usize {
    limit.saturating_add(limit / 16).saturating_add(64)
}

/// The most that is inflated in one go, which takes two milliseconds at worst; a shorter message waits for
/// its end without an inflater. Compressed at best, it is the 16 MiB that
/// `WS_MAX_PAYLOAD_LENGTH` allows by default.
pub(super) const STEP_BYTES: usize = 16 << 10;
