//! Bytes in, messages out: frames unmasked, fragments joined, inflated, text checked.

use super::gathered::Gathered;
use super::inflation::{Inflation, STEP_BYTES, most_compressed};
use super::{Compressed, Incoming, lend, whole_text};
use crate::proto::frame::{self, Header, MAX_HEAD, OpCode, Room};
use crate::proto::{Violation, mask};
use std::fmt;

/// The reading half of one connection: takes bytes in pieces of any size and
/// gives out whole messages.
///
/// A frame that is complete where it lies is unmasked there and lent out: no
/// copy, no allocation. Only what is cut by the end of the input, or by its
/// client into fragments, or was compressed, is gathered in memory of its own, which
/// grows with the bytes that arrived or came out of them, never with the length a header
/// announces, and which is given away with the message. Between messages a decoder holds
/// nothing, unless the client has compressed with a context that it keeps.
pub(crate) struct Decoder {
    /// The most bytes a message may have.
    limit: usize,
    /// A header, or the payload of a control frame, of which a part has arrived.
    carry: Vec<u8>,
    /// The message of which a part has arrived.
    message: Gathered,
    /// The frame whose payload has begun to arrive.
    frame: Option<Frame>,
    /// A compressed message on its way, or the context that is kept for the next.
    inflation: Option<Box<Inflation>>,
    compressed: Compressed,
    /// The call before lent out `carry`, to be freed by the next.
    is_carry_lent: bool,
}

impl Decoder {
    /// A decoder for messages of at most `max_payload_bytes` bytes each, be it
    /// in one frame or in many.
    pub(crate) fn new(max_payload_bytes: usize, compressed: Compressed) -> Self {
        Self {
            limit: max_payload_bytes,
            carry: Vec::new(),
            message: Gathered::Nothing,
            frame: None,
            inflation: None,
            compressed,
            is_carry_lent: false,
        }
    }

    /// Takes the next message out of `input` and advances it past what was used.
    ///
    /// `None`: all of `input` was taken, more is needed. Call it until then: that
    /// last call is also the one that frees what a control frame before it occupied.
    ///
    /// # Errors
    ///
    /// The first [`Violation`], as soon as the byte that makes it certain is
    /// seen. After one, or after [`Incoming::Close`], nothing more is decoded.
    pub(crate) fn next<'m, 'i: 'm>(
        &'m mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Incoming<'m>>, Violation> {
        self.release();
        let mut frame = match self.frame.take() {
            Some(frame) => frame,
            None => {
                let Some(header) = self.header(input)? else {
                    return Ok(None);
                };
                self.check_order(&header)?;
                if is_whole(&header, input) {
                    let payload = take(input, header.payload_len);
                    if header.opcode == OpCode::Text && !header.is_deflated {
                        return whole_text::unmask(payload, header.mask).map(Some);
                    }
                    mask::unmask(payload, &mut { header.mask });
                    if header.is_deflated {
                        return self.inflate(header.opcode, payload);
                    }
                    return lend(header.opcode, payload).map(Some);
                }
                self.message.begin(header.opcode);
                if header.is_deflated {
                    Inflation::of(&mut self.inflation, self.compressed).begin();
                }
                Frame::new(&header)
            }
        };
        self.gather(&mut frame, input)?;
        if frame.left > 0 {
            self.frame = Some(frame);
            // A step of inflating is a frame's worth of work too.
            return Ok((!input.is_empty()).then_some(Incoming::Fragment));
        }
        if frame.opcode.is_control() {
            self.is_carry_lent = true;
            return lend(frame.opcode, &self.carry).map(Some);
        }
        if frame.fin {
            if let Some(inflation) = under_way(&mut self.inflation) {
                inflation.finish(&mut self.message, self.limit)?;
            }
            return self.message.take();
        }
        Ok(Some(Incoming::Fragment))
    }

    /// A compressed message of one whole frame.
    fn inflate(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
    ) -> Result<Option<Incoming<'_>>, Violation> {
        self.message.begin(opcode);
        let inflation = Inflation::of(&mut self.inflation, self.compressed);
        inflation.whole(payload, &mut self.message, self.limit)?;
        self.message.take()
    }

    /// What inflating has cost in the call before, as the number of bytes whose plain reading
    /// takes about as long: a little that comes in can be much work.
    pub(crate) fn take_inflation_cost(&mut self) -> usize {
        let cost = self
            .inflation
            .as_mut()
            .map(|inflation| inflation.take_cost());
        cost.unwrap_or_default()
    }

    /// Whether it holds nothing, so that a new one does as well.
    pub(crate) fn is_idle(&self) -> bool {
        let holds_nothing = self.carry.is_empty() && self.frame.is_none();
        holds_nothing && matches!(self.message, Gathered::Nothing) && self.inflation.is_none()
    }

    /// Whether a part of a frame or of a message has arrived, and more must come.
    pub(crate) fn is_under_way(&self) -> bool {
        !self.is_between_messages() || self.frame.is_some() || !self.carry.is_empty()
    }

    /// Whether no message has begun, or none of it has arrived but a part of its first header.
    pub(crate) fn is_between_messages(&self) -> bool {
        matches!(self.message, Gathered::Nothing)
    }

    /// What this connection's half-read message holds, in bytes of capacity.
    pub(crate) fn held_bytes(&self) -> usize {
        let inflation = self.inflation.as_ref();
        self.carry.capacity()
            + self.message.capacity()
            + inflation.map_or(0, |inflation| inflation.held_bytes())
    }

    /// Frees what the call before lent out; the next call does so too.
    pub(crate) fn release(&mut self) {
        if std::mem::take(&mut self.is_carry_lent) {
            self.carry = Vec::new();
        }
        self.inflation = self
            .inflation
            .take()
            .filter(|inflation| inflation.holds_something());
    }

    /// Takes a header from `input`, or all of `input` if it has only a part of one.
    fn header(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, Violation> {
        let room = self.room();
        let carried = self.carry.len();
        if carried == 0 {
            let header = frame::parse(input, room)?;
            match header {
                Some(header) => _ = take(input, header.len),
                None => self.carry.extend_from_slice(take(input, input.len())),
            }
            return Ok(header);
        }
        let more = input.len().min(MAX_HEAD - carried);
        self.carry.extend_from_slice(&input[..more]);
        let header = frame::parse(&self.carry, room)?;
        match header {
            Some(header) => {
                self.carry = Vec::new();
                take(input, header.len - carried);
            }
            None => _ = take(input, more),
        }
        Ok(header)
    }

    /// What the next frame may announce.
    fn room(&mut self) -> Room {
        let limit = self.limit;
        let bytes = match under_way(&mut self.inflation) {
            Some(inflation) => inflation.room(limit),
            None => limit - self.message.len(),
        };
        let is_taken = self.compressed != Compressed::Refused;
        Room {
            bytes,
            deflated_bytes: is_taken.then(|| most_compressed(limit)),
            limit,
        }
    }

    /// Checks that a frame may come where it does (RFC 6455, 5.4).
    fn check_order(&self, header: &Header) -> Result<(), Violation> {
        match (header.opcode, &self.message) {
            (OpCode::Continuation, Gathered::Nothing) => Err(Violation::Protocol(
                "continuation without a message to continue",
            )),
            (OpCode::Text | OpCode::Binary, Gathered::Text { .. } | Gathered::Binary(_)) => {
                Err(Violation::Protocol("new message inside a fragmented one"))
            }
            _ => Ok(()),
        }
    }

    /// Takes from `input` what it has of the frame's payload.
    fn gather(&mut self, frame: &mut Frame, input: &mut &mut [u8]) -> Result<(), Violation> {
        let is_deflated = !frame.opcode.is_control() && under_way(&mut self.inflation).is_some();
        let most = if is_deflated { STEP_BYTES } else { frame.left };
        let piece = take(input, frame.left.min(input.len()).min(most));
        mask::unmask(piece, &mut frame.mask);
        if frame.opcode.is_control() {
            self.carry.extend_from_slice(piece);
        } else if let Some(inflation) = under_way(&mut self.inflation) {
            inflation.push(piece, &mut self.message, self.limit)?;
        } else {
            // What the message can still become: the rest of this frame, or
            // anything, as long as the client has not said that this is the last.
            let most = if frame.fin {
                self.message.len() + frame.left
            } else {
                self.limit
            };
            self.message.push(piece, most)?;
        }
        frame.left -= piece.len();
        Ok(())
    }
}

// By hand, so that no log shows what a client wrote.
impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("limit", &self.limit)
            .field("held_bytes", &self.held_bytes())
            .finish_non_exhaustive()
    }
}

/// A frame whose payload is not all there.
struct Frame {
    /// How many bytes of payload are still to come.
    left: usize,
    /// The key, turned to the next of them.
    mask: [u8; 4],
    opcode: OpCode,
    fin: bool,
}

impl Frame {
    fn new(header: &Header) -> Self {
        Self {
            left: header.payload_len,
            mask: header.mask,
            opcode: header.opcode,
            fin: header.fin,
        }
    }
}

/// The compressed message of which a part has arrived, if that is what comes.
fn under_way(inflation: &mut Option<Box<Inflation>>) -> Option<&mut Inflation> {
    inflation
        .as_deref_mut()
        .filter(|inflation| inflation.is_under_way())
}

/// Whether the frame is a message by itself that lies in `input` completely, and is not
/// too much to be inflated in one go.
fn is_whole(header: &Header, input: &[u8]) -> bool {
    let is_one_step = !header.is_deflated || header.payload_len <= STEP_BYTES;
    let is_there = header.payload_len <= input.len() && is_one_step;
    header.fin && header.opcode != OpCode::Continuation && is_there
}

/// Takes the first `len` bytes, of which there are as many, out of `input`.
fn take<'i>(input: &mut &'i mut [u8], len: usize) -> &'i mut [u8] {
    let (taken, rest) = std::mem::take(input).split_at_mut(len);
    *input = rest;
    taken
}
