//! Bytes in, messages out: frames unmasked, fragments joined, text checked
//! (RFC 6455, 5.4 to 5.6).

use crate::close::code;
use std::fmt;

use super::{
    Violation,
    frame::{self, Header, MAX_HEAD, OpCode},
    mask, utf8,
};

/// What a client said, lent until the next call of [`Decoder::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'m> {
    /// A whole message of text.
    Text(&'m str),
    /// A whole message of bytes.
    Binary(&'m [u8]),
    /// A ping, to be answered with a pong of the same payload (5.5.2).
    Ping(&'m [u8]),
    /// A pong, asked for or not (5.5.3).
    Pong(&'m [u8]),
    /// A part of a message, gathered (5.4): nothing to handle yet, but a frame's worth of
    /// work, so that whoever counts work can stop a flood of fragments.
    Fragment,
    /// The client's last word (5.5.1).
    Close {
        /// Why, as a number; 1005 if the client gave none (7.1.5).
        code: u16,
        /// Why, in words; mostly empty.
        reason: &'m str,
    },
}

/// The reading half of one connection: takes bytes in pieces of any size and
/// gives out whole messages.
///
/// A frame that is complete where it lies is unmasked there and lent out: no
/// copy, no allocation. Only what is cut by the end of the input, or by its
/// client into fragments, is gathered in memory of the decoder's own, which
/// grows with the bytes that arrived, never with the length a header announces.
/// Between messages a decoder holds nothing.
pub(crate) struct Decoder {
    /// The most bytes a message may have.
    limit: usize,
    /// A header, or the payload of a control frame, of which a part has arrived.
    carry: Vec<u8>,
    /// The message of which a part has arrived.
    message: Gathered,
    /// The frame whose payload has begun to arrive.
    frame: Option<Frame>,
    /// What the call before lent out, to be freed by the next.
    lent: Lent,
}

impl Decoder {
    /// A decoder for messages of at most `max_payload_bytes` bytes each, be it
    /// in one frame or in many.
    pub(crate) fn new(max_payload_bytes: usize) -> Self {
        Self {
            limit: max_payload_bytes,
            carry: Vec::new(),
            message: Gathered::Nothing,
            frame: None,
            lent: Lent::Nothing,
        }
    }

    /// Takes the next message out of `input` and advances it past what was used.
    ///
    /// `None`: all of `input` was taken, more is needed. Call it until then: that
    /// last call is also the one that frees what the message before it occupied.
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
                    mask::unmask(payload, &mut { header.mask });
                    return lend(header.opcode, payload).map(Some);
                }
                self.message.begin(header.opcode);
                Frame::new(&header)
            }
        };
        self.gather(&mut frame, input)?;
        if frame.left > 0 {
            self.frame = Some(frame);
            return Ok(None);
        }
        if frame.opcode.is_control() {
            self.lent = Lent::Carry;
            return lend(frame.opcode, &self.carry).map(Some);
        }
        if frame.fin {
            self.lent = Lent::Message;
            return self.message.lend();
        }
        Ok(Some(Incoming::Fragment))
    }

    /// What this connection's half-read message holds, in bytes of capacity.
    pub(crate) fn held_bytes(&self) -> usize {
        self.carry.capacity() + self.message.capacity()
    }

    /// Frees what the call before lent out; the next call does so too.
    pub(crate) fn release(&mut self) {
        match std::mem::replace(&mut self.lent, Lent::Nothing) {
            Lent::Nothing => {}
            Lent::Carry => self.carry = Vec::new(),
            Lent::Message => self.message = Gathered::Nothing,
        }
    }

    /// Takes a header from `input`, or all of `input` if it has only a part of one.
    fn header(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, Violation> {
        let room = self.limit - self.message.len();
        let carried = self.carry.len();
        if carried == 0 {
            let header = frame::parse(input, room, self.limit)?;
            match header {
                Some(header) => _ = take(input, header.len),
                None => self.carry.extend_from_slice(take(input, input.len())),
            }
            return Ok(header);
        }
        let more = input.len().min(MAX_HEAD - carried);
        self.carry.extend_from_slice(&input[..more]);
        let header = frame::parse(&self.carry, room, self.limit)?;
        match header {
            Some(header) => {
                self.carry = Vec::new();
                take(input, header.len - carried);
            }
            None => _ = take(input, more),
        }
        Ok(header)
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
        let piece = take(input, frame.left.min(input.len()));
        mask::unmask(piece, &mut frame.mask);
        if frame.opcode.is_control() {
            self.carry.extend_from_slice(piece);
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

/// Which memory the call before lent out.
enum Lent {
    Nothing,
    Carry,
    Message,
}

/// The part of a message that has arrived.
enum Gathered {
    /// No message has begun.
    Nothing,
    Text {
        text: String,
        tail: utf8::Tail,
    },
    Binary(Vec<u8>),
}

impl Gathered {
    /// Begins a message, if that is what a frame of `opcode` does.
    fn begin(&mut self, opcode: OpCode) {
        match opcode {
            OpCode::Text => {
                *self = Self::Text {
                    text: String::new(),
                    tail: utf8::Tail::default(),
                };
            }
            OpCode::Binary => *self = Self::Binary(Vec::new()),
            OpCode::Continuation | OpCode::Close | OpCode::Ping | OpCode::Pong => {}
        }
    }

    /// Appends `piece`; `most` is the length the message can come to.
    fn push(&mut self, piece: &[u8], most: usize) -> Result<(), Violation> {
        let len = self.len();
        match self {
            // Not reached: `check_order` passes no payload without its message.
            Self::Nothing => {}
            Self::Text { text, tail } => {
                let wanted = capacity_for(len + piece.len(), text.capacity(), most);
                text.reserve_exact(wanted - text.len());
                tail.push(piece, text)?;
            }
            Self::Binary(bytes) => {
                let wanted = capacity_for(len + piece.len(), bytes.capacity(), most);
                bytes.reserve_exact(wanted - bytes.len());
                bytes.extend_from_slice(piece);
            }
        }
        Ok(())
    }

    /// The message, now that its last byte is here.
    fn lend(&self) -> Result<Option<Incoming<'_>>, Violation> {
        match self {
            Self::Nothing => Ok(None),
            Self::Text { text, tail } if tail.is_empty() => Ok(Some(Incoming::Text(text))),
            Self::Text { .. } => Err(Violation::Utf8),
            Self::Binary(bytes) => Ok(Some(Incoming::Binary(bytes))),
        }
    }

    /// How many bytes of the message have arrived.
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Text { text, tail } => text.len() + tail.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Text { text, .. } => text.capacity(),
            Self::Binary(bytes) => bytes.capacity(),
        }
    }
}

/// The capacity to have before a message grows to `len`.
///
/// Doubles, so that a message in a million fragments is not copied a million
/// times, but never past `most`, what the message can come to: a single large
/// frame ends in memory of exactly its size.
fn capacity_for(len: usize, capacity: usize, most: usize) -> usize {
    if len <= capacity {
        return capacity;
    }
    capacity.saturating_mul(2).min(most).max(len)
}

/// Whether the frame is a message by itself and lies in `input` completely.
fn is_whole(header: &Header, input: &[u8]) -> bool {
    header.fin && header.opcode != OpCode::Continuation && header.payload_len <= input.len()
}

/// The message of one whole frame, its payload unmasked.
fn lend(opcode: OpCode, payload: &[u8]) -> Result<Incoming<'_>, Violation> {
    match opcode {
        OpCode::Text => Ok(Incoming::Text(text(payload)?)),
        // A continuation is never whole; its message is gathered.
        OpCode::Binary | OpCode::Continuation => Ok(Incoming::Binary(payload)),
        OpCode::Ping => Ok(Incoming::Ping(payload)),
        OpCode::Pong => Ok(Incoming::Pong(payload)),
        OpCode::Close => close(payload),
    }
}

/// Reads the body of a close frame (RFC 6455, 5.5.1 and 7.4).
fn close(body: &[u8]) -> Result<Incoming<'_>, Violation> {
    let (code, reason) = match body {
        [] => {
            return Ok(Incoming::Close {
                code: code::NO_STATUS,
                reason: "",
            });
        }
        [_] => return Err(Violation::Protocol("close frame has half a code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !frame::is_close_code(code) {
        return Err(Violation::Protocol(
            "close code is not one a client may send",
        ));
    }
    Ok(Incoming::Close {
        code,
        reason: text(reason)?,
    })
}

fn text(bytes: &[u8]) -> Result<&str, Violation> {
    str::from_utf8(bytes).map_err(|_| Violation::Utf8)
}

/// Takes the first `len` bytes, of which there are as many, out of `input`.
fn take<'i>(input: &mut &'i mut [u8], len: usize) -> &'i mut [u8] {
    let (taken, rest) = std::mem::take(input).split_at_mut(len);
    *input = rest;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;
    use crate::proto::frame::encode_masked;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    const ROOMY: usize = 1 << 20;

    #[derive(Clone, Debug, PartialEq)]
    enum Message {
        Text(String),
        Binary(Vec<u8>),
        Ping(Vec<u8>),
        Pong(Vec<u8>),
        Close(u16, String),
    }

    impl From<Incoming<'_>> for Message {
        fn from(incoming: Incoming<'_>) -> Self {
            match incoming {
                Incoming::Text(text) => Self::Text(text.to_owned()),
                Incoming::Binary(bytes) => Self::Binary(bytes.to_owned()),
                Incoming::Ping(bytes) => Self::Ping(bytes.to_owned()),
                Incoming::Pong(bytes) => Self::Pong(bytes.to_owned()),
                Incoming::Fragment => unreachable!("`feed` leaves fragments out"),
                Incoming::Close { code, reason } => Self::Close(code, reason.to_owned()),
            }
        }
    }

    /// Feeds one piece of input until the decoder wants more.
    fn feed(decoder: &mut Decoder, piece: &[u8]) -> Result<Vec<Message>, Violation> {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        let mut messages = Vec::new();
        while let Some(incoming) = decoder.next(&mut input)? {
            if incoming != Incoming::Fragment {
                messages.push(incoming.into());
            }
        }
        assert!(input.is_empty(), "`None` means that all was taken");
        Ok(messages)
    }

    fn feed_all<'a>(
        decoder: &mut Decoder,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Message>, Violation> {
        let mut messages = Vec::new();
        for piece in pieces {
            messages.extend(feed(decoder, piece)?);
        }
        Ok(messages)
    }

    /// What a stream is answered with, which must not depend on how it is cut.
    fn decode(limit: usize, stream: &[u8]) -> Result<Vec<Message>, Violation> {
        let whole = feed(&mut Decoder::new(limit), stream);
        let bytewise = feed_all(&mut Decoder::new(limit), stream.chunks(1));
        assert_eq!(whole, bytewise);
        whole
    }

    fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
        encode_masked(opcode, payload, KEY)
    }

    /// A frame that says that more of its message follows.
    fn fragment(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
        let mut frame = frame(opcode, payload);
        frame[0] &= 0x7F;
        frame
    }

    /// Only the header of a binary frame.
    fn announce(payload_len: u64) -> Vec<u8> {
        [&[0x82, 0xff][..], &payload_len.to_be_bytes(), &KEY].concat()
    }

    fn protocol(stream: &[u8]) -> &'static str {
        match decode(ROOMY, stream) {
            Err(Violation::Protocol(reason)) => {
                assert!(reason.len() <= 123);
                reason
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_idle_connection_costs_little() {
        let size = size_of::<Decoder>();
        assert!(size <= 96, "{size}");
        assert_eq!(Decoder::new(ROOMY).held_bytes(), 0);
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let hello = vec![Message::Text("Hello".into())];
        let single = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        assert_eq!(decode(ROOMY, single).as_ref(), Ok(&hello));
        let fragments = [
            fragment(OpCode::Text, b"Hel"),
            frame(OpCode::Continuation, b"lo"),
        ];
        assert_eq!(decode(ROOMY, &fragments.concat()), Ok(hello));
        let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        assert_eq!(
            decode(ROOMY, pong).unwrap(),
            [Message::Pong(b"Hello".into())]
        );
    }

    #[test]
    fn a_whole_frame_is_lent_where_it_lies() {
        let mut decoder = Decoder::new(ROOMY);
        let mut bytes = [frame(OpCode::Text, b"one"), frame(OpCode::Ping, b"two")].concat();
        let range = bytes.as_ptr_range();
        let mut input = &mut bytes[..];
        let Ok(Some(Incoming::Text(one))) = decoder.next(&mut input) else {
            panic!()
        };
        assert_eq!(one, "one");
        assert!(range.contains(&one.as_ptr()));
        let Ok(Some(Incoming::Ping(two))) = decoder.next(&mut input) else {
            panic!()
        };
        assert_eq!(two, b"two");
        assert!(range.contains(&two.as_ptr()));
        assert_eq!(decoder.held_bytes(), 0);
    }

    #[test]
    fn every_split_gives_the_same_messages() {
        let stream = [
            frame(OpCode::Text, "grüß 😀".as_bytes()),
            fragment(OpCode::Text, "h\u{e9}".as_bytes()),
            frame(OpCode::Ping, b"between"),
            fragment(OpCode::Continuation, b""),
            fragment(OpCode::Continuation, &"😀".as_bytes()[..1]),
            frame(OpCode::Pong, b""),
            frame(OpCode::Continuation, &"😀".as_bytes()[1..]),
            frame(OpCode::Binary, b""),
            frame(OpCode::Binary, &[0xA5; 200]),
            fragment(OpCode::Binary, b""),
            frame(OpCode::Continuation, b""),
            frame(OpCode::Close, b"\x03\xe8bye \xe2\x82\xac"),
        ]
        .concat();
        let expected = [
            Message::Text("grüß 😀".into()),
            Message::Ping(b"between".into()),
            Message::Pong(vec![]),
            Message::Text("h\u{e9}😀".into()),
            Message::Binary(vec![]),
            Message::Binary(vec![0xA5; 200]),
            Message::Binary(vec![]),
            Message::Close(1000, "bye €".into()),
        ];
        assert_eq!(decode(ROOMY, &stream).unwrap(), expected);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                let mut decoder = Decoder::new(ROOMY);
                assert_eq!(feed_all(&mut decoder, pieces).unwrap(), expected);
                assert_eq!(decoder.held_bytes(), 0);
            }
        }
    }

    #[test]
    fn a_frame_after_a_split_header_is_lent_where_it_lies() {
        let mut decoder = Decoder::new(ROOMY);
        let mut bytes = frame(OpCode::Binary, &[7; 1000]);
        let (mut head, mut rest) = bytes.split_at_mut(3);
        assert_eq!(decoder.next(&mut head), Ok(None));
        let range = rest.as_ptr_range();
        let Ok(Some(Incoming::Binary(payload))) = decoder.next(&mut rest) else {
            panic!()
        };
        assert_eq!(payload, [7; 1000]);
        assert!(range.contains(&payload.as_ptr()));
        assert_eq!(decoder.held_bytes(), 0);
    }

    #[test]
    fn a_gathered_message_is_freed_by_the_next_call() {
        for opcode in [OpCode::Text, OpCode::Binary, OpCode::Ping] {
            let mut decoder = Decoder::new(ROOMY);
            let mut bytes = frame(opcode, &[b'x'; 100]);
            let (mut first, mut second) = bytes.split_at_mut(50);
            assert_eq!(decoder.next(&mut first), Ok(None));
            assert!(matches!(decoder.next(&mut second), Ok(Some(_))));
            assert!(decoder.held_bytes() >= 100, "lent until the next call");
            assert_eq!(decoder.next(&mut second), Ok(None));
            assert_eq!(decoder.held_bytes(), 0);
        }
    }

    #[test]
    fn a_gathered_message_is_freed_by_a_release() {
        for opcode in [OpCode::Text, OpCode::Binary, OpCode::Ping] {
            let mut decoder = Decoder::new(ROOMY);
            let mut bytes = frame(opcode, &[b'x'; 100]);
            let (mut first, mut second) = bytes.split_at_mut(50);
            assert_eq!(decoder.next(&mut first), Ok(None));
            decoder.release();
            assert!(matches!(decoder.next(&mut second), Ok(Some(_))));
            decoder.release();
            assert_eq!(decoder.held_bytes(), 0, "until the client says more");
        }
    }

    #[test]
    fn every_fragment_but_the_last_is_handed_out() {
        let mut stream = [
            fragment(OpCode::Text, b""),
            fragment(OpCode::Continuation, b"a"),
            frame(OpCode::Ping, b""),
            fragment(OpCode::Continuation, b"").repeat(3),
            frame(OpCode::Continuation, b"b"),
        ]
        .concat();
        let mut decoder = Decoder::new(ROOMY);
        let mut input = &mut stream[..];
        let fragment = Incoming::Fragment;
        for expected in [
            fragment,
            fragment,
            Incoming::Ping(b""),
            fragment,
            fragment,
            fragment,
        ] {
            assert_eq!(decoder.next(&mut input), Ok(Some(expected)));
        }
        assert_eq!(decoder.next(&mut input), Ok(Some(Incoming::Text("ab"))));
    }

    #[test]
    fn a_control_frame_frees_nothing_of_the_message_around_it() {
        let mut decoder = Decoder::new(ROOMY);
        feed(&mut decoder, &fragment(OpCode::Text, &[b'x'; 100])).unwrap();
        let ping = frame(OpCode::Ping, b"still there?");
        let pings = feed_all(&mut decoder, ping.chunks(1)).unwrap();
        assert_eq!(pings, [Message::Ping(b"still there?".into())]);
        assert_eq!(decoder.held_bytes(), 100);
        let texts = feed(&mut decoder, &frame(OpCode::Continuation, b"yes")).unwrap();
        assert_eq!(texts, [Message::Text("x".repeat(100) + "yes")]);
    }

    #[test]
    fn memory_follows_what_arrived_not_what_was_announced() {
        for announced in [1 << 40, (1 << 63) - 1] {
            let mut decoder = Decoder::new(usize::MAX);
            assert_eq!(feed(&mut decoder, &announce(announced)), Ok(vec![]));
            assert_eq!(decoder.held_bytes(), 0);
            for arrived in 1..5000 {
                assert_eq!(feed(&mut decoder, b"x"), Ok(vec![]));
                assert!(decoder.held_bytes() <= 2 * arrived, "{arrived}");
            }
        }
    }

    #[test]
    fn a_large_frame_ends_in_memory_of_its_size() {
        let mut decoder = Decoder::new(ROOMY);
        let stream = frame(OpCode::Binary, &[7; 100_000]);
        for piece in stream[..stream.len() - 1].chunks(4096) {
            feed(&mut decoder, piece).unwrap();
            assert!(decoder.held_bytes() <= 100_000);
        }
    }

    #[test]
    fn tiny_fragments_do_not_copy_the_message_each_time() {
        for opcode in [OpCode::Text, OpCode::Binary] {
            let mut decoder = Decoder::new(ROOMY);
            feed(&mut decoder, &fragment(opcode, b"x")).unwrap();
            let tiny = fragment(OpCode::Continuation, b"x");
            let (mut held, mut growths) = (decoder.held_bytes(), 0);
            for _ in 0..10_000 {
                feed(&mut decoder, &tiny).unwrap();
                growths += usize::from(decoder.held_bytes() != held);
                held = decoder.held_bytes();
            }
            assert!(growths <= 14, "{growths}");
        }
    }

    #[test]
    fn a_message_of_the_limit_passes_and_one_byte_more_does_not() {
        let too_large = Err(Violation::TooLarge { limit: 1000 });
        for opcode in [OpCode::Text, OpCode::Binary] {
            assert_eq!(
                decode(1000, &frame(opcode, &[b'x'; 1000])).unwrap().len(),
                1
            );
            assert_eq!(decode(1000, &frame(opcode, &[b'x'; 1001])), too_large);
        }
    }

    #[test]
    fn fragments_of_the_limit_pass_and_one_byte_more_does_not() {
        let sum = |last: usize| {
            [
                fragment(OpCode::Text, &[b'x'; 400]),
                frame(OpCode::Ping, &[b'x'; 125]),
                // Ends inside a character, which counts though it is not text yet.
                fragment(OpCode::Continuation, &[&[b'x'; 399][..], b"\xc3"].concat()),
                frame(
                    OpCode::Continuation,
                    &[b"\xa9", &vec![b'x'; last - 1][..]].concat(),
                ),
            ]
            .concat()
        };
        let messages = decode(1000, &sum(200)).unwrap();
        assert!(matches!(&messages[1], Message::Text(text) if text.len() == 1000));
        assert_eq!(
            decode(1000, &sum(201)),
            Err(Violation::TooLarge { limit: 1000 })
        );
    }

    #[test]
    fn the_fragment_that_goes_over_fails_at_its_header() {
        for (over, length_ends) in [(101, 2), (126, 4)] {
            let mut decoder = Decoder::new(1000);
            feed(&mut decoder, &fragment(OpCode::Binary, &[7; 900])).unwrap();
            let header = &frame(OpCode::Continuation, &vec![7; over])[..length_ends];
            let (most, last) = header.split_at(length_ends - 1);
            assert_eq!(feed(&mut decoder, most), Ok(vec![]));
            let too_large = Err(Violation::TooLarge { limit: 1000 });
            assert_eq!(feed(&mut decoder, last), too_large);
        }
    }

    #[test]
    fn enormous_lengths_fail_at_the_header() {
        let too_large = Err(Violation::TooLarge { limit: ROOMY });
        assert_eq!(decode(ROOMY, &announce(1 << 40)), too_large);
        assert_eq!(decode(ROOMY, &announce((1 << 63) - 1)), too_large);
        assert_eq!(
            protocol(&announce(1 << 63)),
            "payload length has its top bit set"
        );
        assert_eq!(
            protocol(&announce(u64::MAX)),
            "payload length has its top bit set"
        );
    }

    #[test]
    fn a_limit_of_nothing_lets_empty_messages_and_pings_through() {
        let stream = [frame(OpCode::Text, b""), frame(OpCode::Ping, b"x")].concat();
        let expected = [Message::Text(String::new()), Message::Ping(b"x".into())];
        assert_eq!(decode(0, &stream).unwrap(), expected);
        let over = decode(0, &frame(OpCode::Text, b"x"));
        assert_eq!(over, Err(Violation::TooLarge { limit: 0 }));
    }

    #[test]
    fn a_bad_byte_fails_before_its_frame_ends() {
        // Autobahn 6.4.2: the character goes over U+10FFFF in its second byte.
        let text = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited";
        let stream = frame(OpCode::Text, text);
        let head = stream.len() - text.len();
        let mut decoder = Decoder::new(ROOMY);
        assert_eq!(feed(&mut decoder, &stream[..head + 12]), Ok(vec![]));
        assert_eq!(
            feed(&mut decoder, &stream[head + 12..=head + 12]),
            Err(Violation::Utf8)
        );
    }

    #[test]
    fn a_bad_byte_fails_before_its_message_ends() {
        let mut decoder = Decoder::new(ROOMY);
        feed(&mut decoder, &fragment(OpCode::Text, b"fine \xf4")).unwrap();
        let bad = feed(&mut decoder, &fragment(OpCode::Continuation, b"\x90"));
        assert_eq!(bad, Err(Violation::Utf8));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        for text in [&b"\xff"[..], b"a\xc0\xaf", b"\xed\xa0\x80", b"cut \xe2\x82"] {
            assert_eq!(
                decode(ROOMY, &frame(OpCode::Text, text)),
                Err(Violation::Utf8)
            );
            let fragments = [
                fragment(OpCode::Text, text),
                frame(OpCode::Continuation, b""),
            ];
            assert_eq!(decode(ROOMY, &fragments.concat()), Err(Violation::Utf8));
        }
    }

    #[test]
    fn binary_may_be_anything() {
        let bytes: Vec<u8> = (0..=255).collect();
        let messages = decode(ROOMY, &frame(OpCode::Binary, &bytes)).unwrap();
        assert_eq!(messages, [Message::Binary(bytes)]);
    }

    #[test]
    fn a_stray_continuation_is_refused() {
        let reason = "continuation without a message to continue";
        assert_eq!(protocol(&frame(OpCode::Continuation, b"x")), reason);
        assert_eq!(protocol(&fragment(OpCode::Continuation, b"x")), reason);
        let after = [
            fragment(OpCode::Text, b"a"),
            frame(OpCode::Continuation, b"b"),
            frame(OpCode::Continuation, b"c"),
        ];
        assert_eq!(protocol(&after.concat()), reason);
        let after = [frame(OpCode::Text, b"a"), frame(OpCode::Continuation, b"c")];
        assert_eq!(protocol(&after.concat()), reason);
    }

    #[test]
    fn a_message_inside_a_message_is_refused() {
        for outer in [OpCode::Text, OpCode::Binary] {
            for inner in [OpCode::Text, OpCode::Binary] {
                let stream = [fragment(outer, b""), frame(inner, b"x")].concat();
                assert_eq!(protocol(&stream), "new message inside a fragmented one");
            }
        }
    }

    #[test]
    fn what_a_header_may_not_say_is_refused() {
        assert_eq!(protocol(b"\x81\x05Hello"), "frame is not masked");
        assert_eq!(protocol(b"\xc1\x80\0\0\0\0"), "reserved bits are set");
        assert_eq!(protocol(b"\x83\x80\0\0\0\0"), "opcode is reserved");
        assert_eq!(
            protocol(&fragment(OpCode::Ping, b"x")),
            "control frame is fragmented"
        );
        let long = frame(OpCode::Ping, &[b'x'; 126]);
        assert_eq!(protocol(&long), "control frame is over 125 bytes");
    }

    #[test]
    fn a_close_gives_its_code_and_reason() {
        for (body, code, reason) in [
            (&b""[..], 1005, ""),
            (b"\x03\xe8", 1000, ""),
            (b"\x11\x31token expired", 4401, "token expired"),
        ] {
            let messages = decode(ROOMY, &frame(OpCode::Close, body)).unwrap();
            assert_eq!(messages, [Message::Close(code, reason.into())]);
        }
    }

    #[test]
    fn a_close_with_a_bad_body_is_refused() {
        assert_eq!(
            protocol(&frame(OpCode::Close, b"\x03")),
            "close frame has half a code"
        );
        for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            let reason = protocol(&frame(OpCode::Close, &code.to_be_bytes()));
            assert_eq!(reason, "close code is not one a client may send", "{code}");
        }
        let bad = decode(ROOMY, &frame(OpCode::Close, b"\x03\xe8\xff"));
        assert_eq!(bad, Err(Violation::Utf8));
    }

    #[test]
    fn messages_before_a_violation_are_given_out() {
        let mut stream = [frame(OpCode::Text, b"fine"), vec![0xFF, 0xFF]].concat();
        let mut decoder = Decoder::new(ROOMY);
        let mut input = &mut stream[..];
        assert_eq!(decoder.next(&mut input), Ok(Some(Incoming::Text("fine"))));
        assert!(decoder.next(&mut input).is_err());
    }

    #[test]
    fn no_log_shows_what_a_client_wrote() {
        let mut decoder = Decoder::new(ROOMY);
        feed(&mut decoder, &fragment(OpCode::Text, b"secret")).unwrap();
        assert_eq!(
            format!("{decoder:?}"),
            "Decoder { limit: 1048576, held_bytes: 6, .. }"
        );
    }

    /// A message, where it is cut into fragments, and a control frame for each gap.
    type Sent = (Message, Vec<Index>, Vec<Option<Message>>);

    fn data() -> impl Strategy<Value = Message> {
        prop_oneof![
            any::<String>().prop_map(Message::Text),
            vec(any::<u8>(), 0..300).prop_map(Message::Binary),
            (any::<u8>(), 65_530usize..65_542)
                .prop_map(|(byte, length)| Message::Binary(vec![byte; length])),
        ]
    }

    fn control() -> impl Strategy<Value = Message> {
        prop_oneof![
            vec(any::<u8>(), 0..=125).prop_map(Message::Ping),
            vec(any::<u8>(), 0..=125).prop_map(Message::Pong),
        ]
    }

    fn sent() -> impl Strategy<Value = Sent> {
        (
            data(),
            vec(any::<Index>(), 0..5),
            vec(prop::option::of(control()), 5),
        )
    }

    /// What goes over the wire, and what must come out, in order.
    fn stream(sent: &[Sent], key: [u8; 4]) -> (Vec<u8>, Vec<Message>) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for (message, cuts, controls) in sent {
            let (mut opcode, payload) = match message {
                Message::Text(text) => (OpCode::Text, text.as_bytes()),
                Message::Binary(bytes) => (OpCode::Binary, &bytes[..]),
                other => unreachable!("{other:?} is not data"),
            };
            let mut cuts: Vec<_> = cuts
                .iter()
                .map(|cut| cut.index(payload.len() + 1))
                .collect();
            cuts.sort_unstable();
            let mut start = 0;
            for (end, control) in cuts.into_iter().zip(controls) {
                let at = bytes.len();
                bytes.extend(encode_masked(opcode, &payload[start..end], key));
                bytes[at] &= 0x7F;
                match control {
                    Some(Message::Ping(body)) => {
                        bytes.extend(encode_masked(OpCode::Ping, body, key));
                    }
                    Some(Message::Pong(body)) => {
                        bytes.extend(encode_masked(OpCode::Pong, body, key));
                    }
                    _ => {}
                }
                expected.extend(control.clone());
                (start, opcode) = (end, OpCode::Continuation);
            }
            bytes.extend(encode_masked(opcode, &payload[start..], key));
            expected.push(message.clone());
        }
        (bytes, expected)
    }

    /// Cuts `bytes` into pieces of the given lengths, over and over.
    fn cut<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        for length in lengths.iter().cycle() {
            if bytes.is_empty() {
                break;
            }
            let (piece, rest) = bytes.split_at(bytes.len().min(*length));
            pieces.push(piece);
            bytes = rest;
        }
        pieces
    }

    fn lengths() -> impl Strategy<Value = Vec<usize>> {
        prop_oneof![
            vec(1usize..8, 1..20),
            vec(1usize..200, 1..20),
            vec(1usize..100_000, 1..20)
        ]
    }

    proptest! {
        #[test]
        fn what_was_sent_is_what_comes_out(
            sent in vec(sent(), 1..6), key: [u8; 4], lengths in lengths(),
        ) {
            let (bytes, expected) = stream(&sent, key);
            let mut decoder = Decoder::new(ROOMY);
            let messages = feed_all(&mut decoder, cut(&bytes, &lengths)).unwrap();
            prop_assert!(messages == expected);
            prop_assert_eq!(decoder.held_bytes(), 0);
        }

        #[test]
        fn any_bytes_give_the_same_answer_however_they_are_cut(
            sent in vec(sent(), 0..3),
            key: [u8; 4],
            damage in vec((any::<Index>(), any::<u8>()), 0..4),
            noise in vec(any::<u8>(), 0..100),
            lengths in lengths(),
            limit in 0usize..400,
        ) {
            let (mut bytes, _) = stream(&sent, key);
            bytes.extend(noise);
            for (at, byte) in damage {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            let whole = feed(&mut Decoder::new(limit), &bytes);
            let cut = feed_all(&mut Decoder::new(limit), cut(&bytes, &lengths));
            prop_assert!(whole == cut, "{whole:?}, {cut:?}");
        }
    }
}
