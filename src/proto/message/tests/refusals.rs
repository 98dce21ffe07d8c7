//! What is refused, and when.

use super::*;

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
        let mut decoder = Decoder::new(1000, Compressed::Refused);
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
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    assert_eq!(feed(&mut decoder, &stream[..head + 12]), Ok(vec![]));
    assert_eq!(
        feed(&mut decoder, &stream[head + 12..=head + 12]),
        Err(Violation::Utf8)
    );
}

#[test]
fn a_bad_byte_fails_before_its_message_ends() {
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
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
