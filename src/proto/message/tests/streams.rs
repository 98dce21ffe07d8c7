//! Random streams, cut at random.

use super::*;
use proptest::{collection::vec, prelude::*, sample::Index};

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
