//! Frames by plain calls, byte for byte.

use super::*;

const ALL: [OpCode; 6] = [
    OpCode::Continuation,
    OpCode::Text,
    OpCode::Binary,
    OpCode::Close,
    OpCode::Ping,
    OpCode::Pong,
];

/// Room for a plain message of so many bytes, out of 1000.
fn room(bytes: usize) -> Room {
    Room {
        bytes,
        deflated_bytes: None,
        limit: 1000,
    }
}

fn parse_roomy(bytes: &[u8]) -> Result<Option<Header>, Violation> {
    parse(bytes, room(usize::MAX))
}

fn protocol(bytes: &[u8]) -> &'static str {
    match parse_roomy(bytes) {
        Err(Violation::Protocol(reason)) => {
            assert!(reason.len() <= 123);
            reason
        }
        other => panic!("{bytes:02x?} gave {other:?}"),
    }
}

#[test]
fn the_examples_of_the_rfc_are_written() {
    assert_eq!(&encode(OpCode::Text, b"Hello")[..], b"\x81\x05Hello");
    assert_eq!(&encode(OpCode::Ping, b"Hello")[..], b"\x89\x05Hello");
    assert_eq!(
        encode_masked(OpCode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]),
        b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
    );
    assert!(encode(OpCode::Binary, &[7; 256]).starts_with(b"\x82\x7e\x01\x00\x07"));
    assert!(
        encode(OpCode::Binary, &[7; 65536])
            .starts_with(b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00\x07")
    );
}

#[test]
fn the_masked_hello_of_the_rfc_is_read() {
    let header = parse_roomy(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    let expected = Header {
        fin: true,
        opcode: OpCode::Text,
        is_deflated: false,
        mask: [0x37, 0xfa, 0x21, 0x3d],
        payload_len: 5,
        len: 6,
    };
    assert_eq!(header, Ok(Some(expected)));
}

#[test]
fn a_header_is_read_back_at_every_length_form() {
    for opcode in ALL {
        for payload_len in [0, 1, 125, 126, 127, 255, 256, 65535, 65536, 70000] {
            if opcode.is_control() && payload_len > 125 {
                continue;
            }
            let payload = vec![b'x'; payload_len];
            let frame = encode_masked(opcode, &payload, [1, 2, 3, 4]);
            let header = parse_roomy(&frame).unwrap().unwrap();
            assert_eq!(
                (header.opcode, header.fin, header.mask),
                (opcode, true, [1, 2, 3, 4])
            );
            assert_eq!(header.payload_len, payload_len);
            assert_eq!(header.len + payload_len, frame.len());
            for end in 0..header.len {
                assert_eq!(parse_roomy(&frame[..end]), Ok(None));
            }

            let frame = encode(opcode, &payload);
            let header = parse_server(&frame).unwrap().unwrap();
            assert_eq!(
                (header.opcode, header.fin, header.mask),
                (opcode, true, [0; 4])
            );
            assert_eq!(&frame[header.len..], payload);
            for end in 0..header.len {
                assert_eq!(parse_server(&frame[..end]), Ok(None));
            }
        }
    }
}

#[test]
fn a_frame_is_appended_as_it_is_encoded() {
    let mut buffer = Vec::new();
    let mut expected = Vec::new();
    for length in [0, 1, 125, 126, 127, 65535, 65536, 3] {
        let payload = vec![length as u8; length];
        append(OpCode::Text, &mut buffer, |buffer| {
            buffer.extend_from_slice(&payload);
        });
        expected.extend_from_slice(&encode(OpCode::Text, &payload));
        assert!(buffer == expected, "{length}");
    }
}

#[test]
fn sealing_does_not_move_the_payload() {
    for payload_len in [0, 125, 126, 65535, 65536] {
        let mut buffer = vec![0xEE; HEAD_ROOM];
        buffer.resize(HEAD_ROOM + payload_len, b'x');
        let before = buffer[HEAD_ROOM..].as_ptr();
        let frame = seal(OpCode::Binary, buffer);
        assert_eq!(frame, encode(OpCode::Binary, &vec![b'x'; payload_len]));
        assert_eq!(frame[frame.len() - payload_len..].as_ptr(), before);
    }
}

#[test]
fn a_frame_of_ours_is_opened_again() {
    for opcode in [OpCode::Text, OpCode::Binary] {
        for payload_len in [0, 1, 125, 126, 65535, 65536] {
            let payload = vec![b'x'; payload_len];
            assert_eq!(open(&encode(opcode, &payload)), (opcode, &payload[..]));
            let deflated = seal_deflated(opcode, [&[0; HEAD_ROOM], &payload[..]].concat());
            assert_eq!(open(&deflated), (opcode, &payload[..]));
            let header = parse_server(&deflated).unwrap().unwrap();
            assert!(header.is_deflated && header.fin);
            assert_eq!((header.opcode, header.payload_len), (opcode, payload_len));
        }
    }
}

#[test]
fn reserved_bits_are_refused() {
    for bits in [0x40, 0x20, 0x10, 0x70] {
        assert_eq!(protocol(&[0x81 | bits, 0x80]), "reserved bits are set");
    }
}

#[test]
fn the_bit_of_a_compressed_message_is_read_where_one_may_begin() {
    let room = Room {
        bytes: 5,
        deflated_bytes: Some(20),
        limit: 5,
    };
    for (opcode, payload_len, expected) in [
        (OpCode::Text, 20, Ok(true)),
        (OpCode::Binary, 20, Ok(true)),
        (OpCode::Text, 21, Err(Violation::TooLarge { limit: 5 })),
        (OpCode::Continuation, 0, Err(RESERVED_BITS)),
        (OpCode::Close, 0, Err(RESERVED_BITS)),
        (OpCode::Ping, 0, Err(RESERVED_BITS)),
        (OpCode::Pong, 0, Err(RESERVED_BITS)),
    ] {
        for fin in [FIN, 0] {
            let mut frame = encode_masked(opcode, &vec![0; payload_len], [1; 4]);
            frame[0] = fin | DEFLATED | opcode as u8;
            let header = parse(&frame, room);
            let is_deflated = header.map(|header| header.is_some_and(|header| header.is_deflated));
            assert_eq!(is_deflated, expected, "{opcode:?} of {payload_len}");
            for bits in [0x20, 0x10, 0x30] {
                frame[0] |= bits;
                assert_eq!(parse(&frame, room), Err(RESERVED_BITS));
            }
        }
    }
    let plain = encode_masked(OpCode::Text, b"plain", [1; 4]);
    let header = parse(&plain, room).unwrap().unwrap();
    assert!(!header.is_deflated);
    let plain = encode_masked(OpCode::Text, b"plain!", [1; 4]);
    let too_large = Err(Violation::TooLarge { limit: 5 });
    assert_eq!(parse(&plain, room), too_large);
}

#[test]
fn reserved_opcodes_are_refused() {
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        assert_eq!(protocol(&[0x80 | opcode, 0x80]), "opcode is reserved");
    }
}

#[test]
fn a_client_must_mask_and_a_server_must_not() {
    assert_eq!(protocol(b"\x81\x05Hello"), "frame is not masked");
    let masked = encode_masked(OpCode::Text, b"Hello", [1; 4]);
    assert_eq!(
        parse_server(&masked),
        Err(Violation::Protocol("frame of a server is masked"))
    );
}

#[test]
fn a_control_frame_is_whole_and_short() {
    for opcode in [0x8, 0x9, 0xA] {
        assert_eq!(protocol(&[opcode, 0x80]), "control frame is fragmented");
        for length in [126, 127] {
            let reason = protocol(&[0x80 | opcode, 0x80 | length]);
            assert_eq!(reason, "control frame is over 125 bytes");
        }
    }
}

#[test]
fn a_length_not_in_its_shortest_form_is_refused() {
    let reason = "payload length is not in its shortest form";
    assert_eq!(protocol(b"\x82\xfe\x00\x7d"), reason);
    assert_eq!(protocol(b"\x82\xff\0\0\0\0\0\0\xff\xff"), reason);
    assert_eq!(protocol(b"\x82\xff\0\0\0\0\0\0\0\0"), reason);
}

#[test]
fn a_length_with_its_top_bit_set_is_refused() {
    let reason = "payload length has its top bit set";
    assert_eq!(protocol(b"\x82\xff\x80\0\0\0\0\0\0\0"), reason);
    assert_eq!(
        protocol(b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        reason
    );
}

#[test]
fn an_announced_length_over_the_room_fails_at_the_header() {
    let too_large = Err(Violation::TooLarge { limit: 1000 });
    let two_to_the_40 = b"\x82\xff\x00\x00\x01\x00\x00\x00\x00\x00";
    assert_eq!(parse(two_to_the_40, room(1000)), too_large);
    let two_to_the_63_less_1 = b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(parse(two_to_the_63_less_1, room(1000)), too_large);

    let frame = encode_masked(OpCode::Text, &[b'x'; 300], [1; 4]);
    assert!(matches!(parse(&frame, room(300)), Ok(Some(_))));
    assert_eq!(parse(&frame, room(299)), too_large);
}

#[test]
fn a_control_frame_needs_no_room() {
    let frame = encode_masked(OpCode::Ping, &[b'x'; 125], [1; 4]);
    assert!(matches!(parse(&frame, room(0)), Ok(Some(_))));
}

#[test]
fn a_close_frame_carries_its_code_and_reason() {
    assert_eq!(&close(1000, "bye")[..], b"\x88\x05\x03\xe8bye");
    assert_eq!(&close(4401, "")[..], b"\x88\x02\x11\x31");
}

#[test]
fn codes_that_are_never_sent_give_an_empty_close() {
    for code in [1005, 1006, 1015] {
        assert_eq!(&close(code, "nothing of this")[..], b"\x88\x00");
    }
}

#[test]
fn a_long_reason_is_cut_between_characters() {
    let body = |reason: &str| close(1000, reason)[4..].to_vec();
    assert_eq!(body(&"x".repeat(123)).len(), 123);
    assert_eq!(body(&"x".repeat(124)).len(), 123);
    assert_eq!(
        body(&format!("{}é", "x".repeat(122))),
        "x".repeat(122).as_bytes()
    );
    assert_eq!(body(&"😀".repeat(40)), "😀".repeat(30).as_bytes());
}

#[test]
fn only_the_codes_of_the_rfc_may_be_received() {
    let legal = (0..=u16::MAX).filter(|code| is_close_code(*code));
    let expected = (1000..=1003).chain(1007..=1014).chain(3000..=4999);
    assert!(legal.eq(expected));
}
