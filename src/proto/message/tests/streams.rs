//! Random streams, cut at random.

use super::*;
use proptest::{collection::vec, prelude::*, sample::Index};

/// A message, whether it is compressed, where it is cut into fragments, and a control frame
/// for each gap.
pub(super) type Sent = (Message, bool, Vec<Index>, Vec<Option<Message>>);

fn data() -> impl Strategy<Value = Message> {
    prop_oneof![
        any::<String>().prop_map(Message::Text),
        vec(any::<u8>(), 0..300).prop_map(Message::Binary),
        (any::<u8>(), 65_530usize..65_542)
            .prop_map(|(byte, length)| Message::Binary(vec![byte; length])),
        // Long when it is compressed, too.
        (any::<u64>(), 1usize..40_000)
            .prop_map(|(seed, length)| Message::Binary(noise(seed, length))),
    ]
}

fn noise(mut seed: u64, length: usize) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 56) as u8
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

fn control() -> impl Strategy<Value = Message> {
    prop_oneof![
        vec(any::<u8>(), 0..=125).prop_map(Message::Ping),
        vec(any::<u8>(), 0..=125).prop_map(Message::Pong),
    ]
}

pub(super) fn sent() -> impl Strategy<Value = Sent> {
    (
        data(),
        any::<bool>(),
        vec(any::<Index>(), 0..5),
        vec(prop::option::of(control()), 5),
    )
}

/// What a client has agreed on: nothing, or compression, with a context that it keeps or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Client {
    Plain,
    Alone,
    Kept,
}

impl Client {
    fn decoder(self, limit: usize) -> Decoder {
        match self {
            Self::Plain => Decoder::new(limit, Compressed::Refused),
            Self::Alone => inflating(limit, false),
            Self::Kept => inflating(limit, true),
        }
    }
}

fn client() -> impl Strategy<Value = Client> {
    prop_oneof![Just(Client::Plain), Just(Client::Alone), Just(Client::Kept)]
}

/// What goes over the wire, and what must come out, in order.
pub(super) fn stream(client: Client, sent: &[Sent], key: [u8; 4]) -> (Vec<u8>, Vec<Message>) {
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    let mut compressor = Compressor::new(15);
    for (message, is_deflated, cuts, controls) in sent {
        let (mut opcode, payload) = match message {
            Message::Text(text) => (OpCode::Text, text.as_bytes()),
            Message::Binary(bytes) => (OpCode::Binary, &bytes[..]),
            other => unreachable!("{other:?} is not data"),
        };
        let is_deflated = *is_deflated && client != Client::Plain;
        let mut out = Vec::new();
        let payload = match client {
            _ if !is_deflated => payload,
            Client::Kept => {
                compressor.append(payload, &mut out);
                &out
            }
            Client::Plain | Client::Alone => {
                out = compressed(payload);
                &out
            }
        };
        let first = bytes.len();
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
        bytes[first] |= if is_deflated { 0x40 } else { 0 };
        expected.push(message.clone());
    }
    (bytes, expected)
}

/// Cuts `bytes` into pieces of the given lengths, over and over.
pub(super) fn cut<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
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

pub(super) fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        vec(1usize..8, 1..20),
        vec(1usize..200, 1..20),
        vec(1usize..100_000, 1..20)
    ]
}

proptest! {
    #[test]
    fn what_was_sent_is_what_comes_out(
        client in client(), sent in vec(sent(), 1..6), key: [u8; 4], lengths in lengths(),
    ) {
        let (bytes, expected) = stream(client, &sent, key);
        let mut decoder = client.decoder(ROOMY);
        let messages = feed_all(&mut decoder, cut(&bytes, &lengths)).unwrap();
        prop_assert!(messages == expected);
        prop_assert_eq!(decoder.held_bytes(), 0);
    }

    #[test]
    fn any_bytes_give_the_same_answer_however_they_are_cut(
        client in client(),
        sent in vec(sent(), 0..3),
        key: [u8; 4],
        damage in vec((any::<Index>(), any::<u8>()), 0..4),
        noise in vec(any::<u8>(), 0..100),
        lengths in lengths(),
        limit in prop_oneof![0usize..400, 10_000usize..70_000],
    ) {
        let (mut bytes, _) = stream(client, &sent, key);
        bytes.extend(noise);
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        let whole = feed(&mut client.decoder(limit), &bytes);
        let cut = feed_all(&mut client.decoder(limit), cut(&bytes, &lengths));
        prop_assert!(whole == cut, "{whole:?}, {cut:?}");
    }
}
