//! What a decoder holds, and lets go.

use super::*;

#[test]
fn an_idle_connection_costs_little() {
    let size = size_of::<Decoder>();
    assert!(size <= 96, "{size}");
    assert_eq!(Decoder::new(ROOMY, Compressed::Refused).held_bytes(), 0);
}

#[test]
fn a_gathered_message_is_given_away() {
    for opcode in [OpCode::Text, OpCode::Binary] {
        let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
        let mut bytes = frame(opcode, &[b'x'; 100]);
        let (mut first, mut second) = bytes.split_at_mut(50);
        assert_eq!(decoder.next(&mut first), Ok(None));
        match decoder.next(&mut second).unwrap().unwrap() {
            Incoming::Text(Cow::Owned(text)) => assert_eq!(text.capacity(), 100),
            Incoming::Binary(Cow::Owned(bytes)) => assert_eq!(bytes.capacity(), 100),
            other => panic!("{other:?}"),
        }
        assert_eq!(decoder.held_bytes(), 0);
    }
}

#[test]
fn a_gathered_ping_is_freed_by_the_next_call_and_by_a_release() {
    for frees in [
        |decoder: &mut Decoder| decoder.release(),
        |decoder: &mut Decoder| assert_eq!(decoder.next(&mut &mut [][..]), Ok(None)),
    ] {
        let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
        let mut bytes = frame(OpCode::Ping, &[b'x'; 100]);
        let (mut first, mut second) = bytes.split_at_mut(50);
        assert_eq!(decoder.next(&mut first), Ok(None));
        decoder.release();
        assert!(matches!(decoder.next(&mut second), Ok(Some(_))));
        assert!(decoder.held_bytes() >= 100, "lent until then");
        frees(&mut decoder);
        assert_eq!(decoder.held_bytes(), 0);
    }
}

#[test]
fn a_control_frame_frees_nothing_of_the_message_around_it() {
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
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
        let mut decoder = Decoder::new(usize::MAX, Compressed::Refused);
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
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    let stream = frame(OpCode::Binary, &[7; 100_000]);
    for piece in stream[..stream.len() - 1].chunks(4096) {
        feed(&mut decoder, piece).unwrap();
        assert!(decoder.held_bytes() <= 100_000);
    }
}

#[test]
fn tiny_fragments_do_not_copy_the_message_each_time() {
    for opcode in [OpCode::Text, OpCode::Binary] {
        let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
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
fn no_log_shows_what_a_client_wrote() {
    let mut decoder = Decoder::new(ROOMY, Compressed::Refused);
    feed(&mut decoder, &fragment(OpCode::Text, b"secret")).unwrap();
    assert_eq!(
        format!("{decoder:?}"),
        "Decoder { limit: 1048576, held_bytes: 6, .. }"
    );
}
