//! Compressed messages.

use super::*;

/// "Hello" as RFC 7692, 7.2.3.1 has it.
const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";

/// What a stream is answered with, alike however it is cut and whether or not a context is
/// kept.
fn decode(limit: usize, stream: &[u8]) -> Result<Vec<Message>, Violation> {
    let whole = feed(&mut inflating(limit, false), stream);
    let bytewise = feed_all(&mut inflating(limit, false), stream.chunks(1));
    assert_eq!(whole, bytewise);
    let kept = feed_all(&mut inflating(limit, true), stream.chunks(3));
    assert_eq!(whole, kept);
    whole
}

fn violation(stream: &[u8]) -> Violation {
    decode(ROOMY, stream).unwrap_err()
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    let hello = vec![Message::Text("Hello".into())];
    let whole = deflated(frame(OpCode::Text, HELLO));
    assert_eq!(decode(ROOMY, &whole).as_ref(), Ok(&hello));
    let fragments = [
        deflated(fragment(OpCode::Text, &HELLO[..3])),
        frame(OpCode::Continuation, &HELLO[3..]),
    ];
    assert_eq!(decode(ROOMY, &fragments.concat()).as_ref(), Ok(&hello));
}

#[test]
fn plain_and_compressed_messages_may_alternate() {
    let stream = [
        deflated(frame(OpCode::Text, HELLO)),
        frame(OpCode::Text, b"plain"),
        deflated(frame(OpCode::Binary, HELLO)),
        deflated(frame(OpCode::Text, b"\0")),
        deflated(frame(OpCode::Binary, b"")),
        frame(OpCode::Text, b""),
    ];
    let expected = [
        Message::Text("Hello".into()),
        Message::Text("plain".into()),
        Message::Binary(b"Hello".into()),
        Message::Text(String::new()),
        Message::Binary(vec![]),
        Message::Text(String::new()),
    ];
    assert_eq!(decode(ROOMY, &stream.concat()).unwrap(), expected);
}

#[test]
fn control_frames_may_come_between_fragments() {
    let stream = [
        deflated(fragment(OpCode::Text, b"")),
        frame(OpCode::Ping, b"one"),
        fragment(OpCode::Continuation, &HELLO[..1]),
        frame(OpCode::Pong, b""),
        fragment(OpCode::Continuation, &HELLO[1..]),
        frame(OpCode::Ping, b"two"),
        frame(OpCode::Continuation, b""),
    ];
    let expected = [
        Message::Ping(b"one".into()),
        Message::Pong(vec![]),
        Message::Ping(b"two".into()),
        Message::Text("Hello".into()),
    ];
    assert_eq!(decode(ROOMY, &stream.concat()).unwrap(), expected);
}

#[test]
fn fragments_of_any_size_make_the_message() {
    let text = "grüße an alle 😀, ".repeat(8000);
    let payload = compressed(text.as_bytes());
    for size in [64, 128, 256, 1000, 4096, 100_000] {
        let mut pieces = payload.chunks(size);
        let last = pieces.next_back().unwrap_or_default();
        let mut stream = deflated(fragment(OpCode::Text, b""));
        for piece in pieces {
            stream.extend(fragment(OpCode::Continuation, piece));
        }
        stream.extend(frame(OpCode::Continuation, last));
        let messages = feed(&mut inflating(ROOMY, false), &stream).unwrap();
        assert!(messages == [Message::Text(text.clone())], "{size}");
    }
}

#[test]
fn without_an_agreement_the_bit_is_reserved() {
    let hello = deflated(frame(OpCode::Text, HELLO));
    assert_eq!(protocol(&hello), "reserved bits are set");
}

#[test]
fn only_the_first_frame_of_a_message_carries_the_bit() {
    let reserved = Violation::Protocol("reserved bits are set");
    for opcode in [OpCode::Ping, OpCode::Pong, OpCode::Close] {
        assert_eq!(violation(&deflated(frame(opcode, b""))), reserved);
    }
    let twice = [
        deflated(fragment(OpCode::Text, &HELLO[..3])),
        deflated(frame(OpCode::Continuation, &HELLO[3..])),
    ];
    assert_eq!(violation(&twice.concat()), reserved);
    let late = [
        fragment(OpCode::Text, b"plain"),
        deflated(frame(OpCode::Continuation, HELLO)),
    ];
    assert_eq!(violation(&late.concat()), reserved);
}

#[test]
fn a_compressed_message_inside_another_is_refused() {
    let reason = Violation::Protocol("new message inside a fragmented one");
    for first in [
        fragment(OpCode::Text, b"x"),
        deflated(fragment(OpCode::Text, HELLO)),
    ] {
        for second in [
            frame(OpCode::Text, b"x"),
            deflated(frame(OpCode::Text, HELLO)),
        ] {
            assert_eq!(violation(&[first.clone(), second].concat()), reason);
        }
    }
}

#[test]
fn garbage_is_refused() {
    for payload in [&b"no deflate stream"[..], b"\xff", &HELLO[..5]] {
        for opcode in [OpCode::Text, OpCode::Binary] {
            let stream = deflated(frame(opcode, payload));
            assert_eq!(violation(&stream), Violation::Deflate);
        }
    }
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    for text in [
        &b"\xff"[..],
        b"a\xc0\xaf",
        b"cut \xe2\x82",
        &[b"x".repeat(9000), b"\xff".into()].concat(),
    ] {
        let payload = compressed(text);
        let stream = deflated(frame(OpCode::Text, &payload));
        assert_eq!(violation(&stream), Violation::Utf8);
        let binary = deflated(frame(OpCode::Binary, &payload));
        assert_eq!(
            decode(ROOMY, &binary).unwrap(),
            [Message::Binary(text.into())]
        );
    }
}

#[test]
fn the_limit_counts_what_a_message_becomes() {
    for limit in [1000, 4096, 10_000] {
        let message = |length| deflated(frame(OpCode::Text, &compressed(&vec![b'x'; length])));
        assert_eq!(decode(limit, &message(limit)).unwrap().len(), 1);
        let too_large = Err(Violation::TooLarge { limit });
        assert_eq!(decode(limit, &message(limit + 1)), too_large);
        assert_eq!(decode(limit, &message(100 * limit)), too_large);
    }
}

#[test]
fn a_message_of_noise_may_be_as_long_as_a_plain_one() {
    let mut noise = vec![0; 100_000];
    getrandom::fill(&mut noise).unwrap();
    // Stored blocks of 127 bytes, as a compressor with the least memory makes them.
    let mut payload = Vec::new();
    for block in noise.chunks(127) {
        let len = block.len() as u8;
        payload.extend([0, len, 0, !len, 0xFF]);
        payload.extend(block);
    }
    payload.push(0);
    assert!(payload.len() > noise.len() + 3900);
    let stream = deflated(frame(OpCode::Binary, &payload));
    let messages = feed(&mut inflating(noise.len(), false), &stream).unwrap();
    assert!(messages == [Message::Binary(noise)]);
}

#[test]
fn what_goes_in_is_bounded_too() {
    let empty_blocks = b"\x00\x00\x00\xff\xff".repeat(1000);
    let too_large = Err(Violation::TooLarge { limit: 1000 });
    let stream = deflated(frame(OpCode::Binary, &empty_blocks));
    assert_eq!(decode(1000, &stream), too_large);
    let mut decoder = inflating(1000, false);
    let mut fragments = vec![deflated(fragment(OpCode::Binary, b""))];
    fragments.resize(1000, fragment(OpCode::Continuation, &empty_blocks[..5]));
    let refused = (fragments.iter()).position(|fragment| feed(&mut decoder, fragment).is_err());
    assert_eq!(refused, Some((1000 + 1000 / 16 + 64) / 5 + 1));
}

#[test]
fn a_bomb_is_refused_before_17_kib_of_it_are_here() {
    let bomb = compressed(&vec![0; 64 << 20]);
    assert!(bomb.len() > 60_000, "{}", bomb.len());
    for keeps_context in [false, true] {
        for limit in [1000, 1 << 20, 8 << 20] {
            let mut decoder = inflating(limit, keeps_context);
            let stream = deflated(frame(OpCode::Binary, &bomb));
            let mut arrived = 0;
            let violation = stream.chunks(100).find_map(|piece| {
                arrived += piece.len();
                assert!(decoder.held_bytes() <= limit.max(32 << 10), "before");
                feed(&mut decoder, piece).err()
            });
            assert_eq!(violation, Some(Violation::TooLarge { limit }));
            assert!(arrived <= 17 << 10, "{arrived} bytes for {limit}");
            assert!(decoder.held_bytes() <= limit + (48 << 10), "after");
        }
    }
}

#[test]
fn a_message_that_is_left_half_sent_holds_what_was_sent() {
    let mut decoder = inflating(ROOMY, false);
    let mut noise = vec![0; 40_000];
    getrandom::fill(&mut noise).unwrap();
    let stream = deflated(frame(OpCode::Binary, &compressed(&noise)));
    let mut sent = 0;
    for piece in stream[..16_000].chunks(100) {
        sent += piece.len();
        feed(&mut decoder, piece).unwrap();
        assert!(decoder.held_bytes() <= 2 * sent, "{sent}");
    }
    for piece in stream[16_000..stream.len() - 1].chunks(100) {
        sent += piece.len();
        feed(&mut decoder, piece).unwrap();
        assert!(decoder.held_bytes() <= 2 * sent + (47 << 10), "{sent}");
    }
    let messages = feed(&mut decoder, &stream[stream.len() - 1..]).unwrap();
    assert!(messages == [Message::Binary(noise)]);
    assert_eq!(decoder.held_bytes(), 0);
}

#[test]
fn an_inflated_message_is_given_away() {
    let payload = compressed(&[b'x'; 1000]);
    for first_bytes in [0, 5] {
        let mut decoder = inflating(ROOMY, false);
        let mut bytes = deflated(frame(OpCode::Text, &payload));
        let (mut first, mut second) = bytes.split_at_mut(first_bytes);
        assert_eq!(decoder.next(&mut first), Ok(None));
        match decoder.next(&mut second).unwrap().unwrap() {
            Incoming::Text(Cow::Owned(text)) => assert_eq!(text.capacity(), 1000),
            other => panic!("{other:?}"),
        }
        assert_eq!(decoder.held_bytes(), 0);
    }
}

#[test]
fn a_context_that_is_kept_is_referred_to_by_later_messages() {
    // RFC 7692, 7.2.3.2, with a plain message and fragments between.
    let stream = [
        deflated(frame(OpCode::Text, HELLO)),
        frame(OpCode::Text, b"plain"),
        deflated(fragment(OpCode::Text, b"\xf2\x00")),
        frame(OpCode::Continuation, b"\x11\x00\x00"),
    ];
    let expected = ["Hello", "plain", "Hello"].map(|text| Message::Text(text.into()));
    let stream = stream.concat();
    assert_eq!(
        feed(&mut inflating(ROOMY, true), &stream).unwrap(),
        expected
    );
    let bytewise = feed_all(&mut inflating(ROOMY, true), stream.chunks(1));
    assert_eq!(bytewise.unwrap(), expected);
    let alone = feed(&mut inflating(ROOMY, false), &stream);
    assert_eq!(alone, Err(Violation::Deflate));
}

#[test]
fn between_messages_only_a_context_is_kept() {
    for keeps_context in [false, true] {
        let mut decoder = inflating(ROOMY, keeps_context);
        assert!(decoder.is_idle());
        let hello = deflated(frame(OpCode::Text, HELLO));
        feed(&mut decoder, &hello[..8]).unwrap();
        assert!(!decoder.is_idle());
        feed(&mut decoder, &hello[8..]).unwrap();
        feed(&mut decoder, &hello).unwrap();
        decoder.release();
        assert_eq!(decoder.is_idle(), !keeps_context);
        assert_eq!(decoder.held_bytes(), 0);
    }
}

#[test]
fn a_context_is_nobody_elses() {
    let (mut one, mut other) = (inflating(ROOMY, true), inflating(ROOMY, true));
    let hello = deflated(frame(OpCode::Text, HELLO));
    feed(&mut one, &hello).unwrap();
    let again = deflated(frame(OpCode::Text, b"\xf2\x00\x11\x00\x00"));
    assert_eq!(feed(&mut other, &again), Err(Violation::Deflate));
    assert_eq!(
        feed(&mut one, &again).unwrap(),
        [Message::Text("Hello".into())]
    );
}

#[test]
fn a_long_message_is_inflated_step_by_step() {
    let mut noise = vec![0; 100_000];
    getrandom::fill(&mut noise).unwrap();
    let mut bytes = deflated(frame(OpCode::Binary, &compressed(&noise)));
    let (mut decoder, mut input) = (inflating(ROOMY, false), &mut bytes[..]);
    for _ in 0..6 {
        assert_eq!(decoder.next(&mut input), Ok(Some(Incoming::Fragment)));
        assert!(decoder.take_inflation_cost() < 80 * 16_384);
    }
    assert_eq!(
        decoder.next(&mut input),
        Ok(Some(Incoming::Binary(noise.into())))
    );
}

#[test]
fn what_a_message_costs_is_known() {
    let mut decoder = inflating(ROOMY, false);
    feed(&mut decoder, &frame(OpCode::Text, &[b'x'; 1000])).unwrap();
    assert_eq!(decoder.take_inflation_cost(), 0);
    let payload = compressed(&[b'x'; 100_000]);
    let mut bytes = deflated(frame(OpCode::Text, &payload));
    assert!(matches!(decoder.next(&mut &mut bytes[..]), Ok(Some(_))));
    let cost = decoder.take_inflation_cost();
    assert_eq!(cost, 100_000 + 64 * payload.len());
    assert_eq!(decoder.take_inflation_cost(), 0, "once");
}
