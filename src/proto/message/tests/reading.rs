//! What comes out.

use super::*;

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
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    let mut bytes = [frame(OpCode::Text, b"one"), frame(OpCode::Ping, b"two")].concat();
    let range = bytes.as_ptr_range();
    let mut input = &mut bytes[..];
    let Ok(Some(Incoming::Line(one))) = decoder.next(&mut input) else {
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
            let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
            assert_eq!(feed_all(&mut decoder, pieces).unwrap(), expected);
            assert_eq!(decoder.held_bytes(), 0);
        }
    }
}

#[test]
fn a_frame_after_a_split_header_is_lent_where_it_lies() {
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    let mut bytes = frame(OpCode::Binary, &[7; 1000]);
    let (mut head, mut rest) = bytes.split_at_mut(3);
    assert_eq!(decoder.next(&mut head), Ok(None));
    let range = rest.as_ptr_range();
    let Ok(Some(Incoming::Binary(payload))) = decoder.next(&mut rest) else {
        panic!()
    };
    assert_eq!(*payload, [7; 1000]);
    assert!(range.contains(&payload.as_ptr()));
    assert_eq!(decoder.held_bytes(), 0);
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
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    let mut input = &mut stream[..];
    for expected in [
        Incoming::Fragment,
        Incoming::Fragment,
        Incoming::Ping(b""),
        Incoming::Fragment,
        Incoming::Fragment,
        Incoming::Fragment,
    ] {
        assert_eq!(decoder.next(&mut input), Ok(Some(expected)));
    }
    assert_eq!(
        decoder.next(&mut input),
        Ok(Some(Incoming::Text("ab".into())))
    );
}

#[test]
fn binary_may_be_anything() {
    let bytes: Vec<u8> = (0..=255).collect();
    let messages = decode(ROOMY, &frame(OpCode::Binary, &bytes)).unwrap();
    assert_eq!(messages, [Message::Binary(bytes)]);
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
fn messages_before_a_violation_are_given_out() {
    let mut stream = [frame(OpCode::Text, b"fine"), vec![0xFF, 0xFF]].concat();
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    let mut input = &mut stream[..];
    assert_eq!(decoder.next(&mut input), Ok(Some(Incoming::Line("fine"))));
    assert!(decoder.next(&mut input).is_err());
}
