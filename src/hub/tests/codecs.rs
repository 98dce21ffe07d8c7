//! One message for clients of several codecs.

use super::*;

/// `{"event":"e","payload":..}` with its places.
fn event(payload: &str) -> Arc<Message> {
    let before = r#"{"event":"e","payload":"#;
    let text = format!("{before}{payload}}}");
    let frame = frame::encode(OpCode::Text, text.as_bytes());
    let end = frame.len() - 1;
    let start = end - payload.len();
    Arc::new(Message::event(
        frame,
        start - before.len()..start,
        start..end,
    ))
}

fn speaking(codec: Codec, room: usize) -> (Outbox, Arc<TestWire>) {
    let wire = TestWire::with_room(room);
    let terms = Terms {
        max_rooms: None,
        limit_bytes: LIMIT,
        slow_consumer: SlowConsumer::Disconnect,
        codec,
        missing: Arc::default(),
    };
    let outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, Arc::new(terms));
    (outbox, wire)
}

#[test]
fn each_codec_has_one_frame_however_many_read_it() {
    for (payload, text) in [
        (r#""plain""#, "plain"),
        (r#""tw\no""#, "tw\no"),
        (r#"{"a":1}"#, r#"{"a":1}"#),
    ] {
        let message = event(payload);
        let raw = message.frame(Codec::Raw);
        assert!(std::ptr::eq(raw, message.frame(Codec::Raw)));
        let expected = frame::encode(OpCode::Text, text.as_bytes());
        assert_eq!(raw, &Frame::from(expected));
        let answer = Message::kept(frame::encode(OpCode::Text, b"answer"));
        assert!(std::ptr::eq(
            answer.frame(Codec::Raw),
            answer.frame(Codec::Envelope)
        ));
    }
}

#[test]
fn a_large_text_is_not_copied_for_raw_clients() {
    let message = event(&format!("\"{}\"", "x".repeat(5000)));
    let place = |codec| {
        message
            .frame(codec)
            .pieces(0)
            .last()
            .expect("bytes")
            .as_ptr_range()
    };
    let (whole, text) = (place(Codec::Envelope), place(Codec::Raw));
    assert!(whole.contains(&text.start));
}

#[test]
fn members_of_several_codecs_are_written_to_side_by_side() {
    use Codec::{Envelope, Raw};
    let messages = ["1", r#""two""#, "[3]"].map(event);
    for codec in [Envelope, Envelope, Envelope, Raw, Raw, Raw, Envelope, Raw] {
        let (mut outbox, wire) = speaking(codec, usize::MAX);
        for message in &messages {
            assert_eq!(outbox.send(message), Delivery::Queued);
        }
        assert!(outbox.asks_for_flush());
        outbox.flush_beside();
        let expected = match codec {
            Envelope => ["1", r#""two""#, "[3]"]
                .map(|payload| format!(r#"{{"event":"e","payload":{payload}}}"#)),
            Raw => ["1", "two", "[3]"].map(str::to_owned),
        };
        assert_eq!((wire.texts(), wire.writes()), (expected.into(), 1));
    }
}

#[test]
fn what_waits_is_counted_as_its_client_reads_it() {
    for (codec, frame_bytes) in [(Codec::Raw, 3), (Codec::Envelope, 27)] {
        let (mut outbox, _wire) = speaking(codec, 0);
        let message = event("7");
        let queued = (0..LIMIT).take_while(|_| outbox.send(&message) == Delivery::Queued);
        let cost = frame_bytes + crate::config::QUEUE_ENTRY_BYTES;
        assert_eq!(queued.count(), LIMIT / cost, "{codec:?}");
    }
}
