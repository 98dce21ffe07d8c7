//! What waits for one client.

use super::*;
use crate::slow::Missed;

fn pong(payload: &[u8]) -> Arc<Message> {
    Arc::new(Message::kept(frame::encode(OpCode::Pong, payload)))
}

/// Writes as a flush does that a sender asked for.
fn flush_beside(outbox: &mut Outbox) {
    assert!(outbox.asks_for_flush());
    outbox.flush_beside();
}

fn send(outbox: &mut Outbox, text: &str) -> Delivery {
    outbox.send(&super::text(text))
}

#[test]
fn what_was_sent_in_one_moment_is_written_with_one_call() {
    let wire = TestWire::with_room(usize::MAX);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms(LIMIT));
    for word in ["one", "two", "three"] {
        assert_eq!(send(&mut outbox, word), Delivery::Queued);
    }
    assert_eq!((wire.texts(), wire.writes()), (vec![], 0));
    flush_beside(&mut outbox);
    assert_eq!((wire.texts().len(), wire.writes(), wire.wakes()), (3, 1, 0));
    assert!(!outbox.asks_for_flush(), "nothing is left to write");
}

#[test]
fn a_flush_is_asked_for_once() {
    let wire = TestWire::with_room(usize::MAX);
    let mut outbox = Outbox::new(wire as Arc<dyn Wire>, terms(LIMIT));
    send(&mut outbox, "one");
    assert!(outbox.asks_for_flush());
    send(&mut outbox, "two");
    assert!(!outbox.asks_for_flush());
}

#[test]
fn what_does_not_fit_waits_in_order() {
    let (mut outbox, wire) = blocked(terms(LIMIT));
    for word in ["two", "three"] {
        assert_eq!(send(&mut outbox, word), Delivery::Queued);
    }
    assert_eq!(
        wire.wakes(),
        1,
        "the task is woken once, when it has something to do"
    );
    for _ in 0..100 {
        wire.make_room(1);
        outbox.flush(None).unwrap();
    }
    assert_eq!(wire.texts(), ["one", "two", "three"]);
}

#[test]
fn what_the_system_does_not_tell_of_is_written_when_the_socket_is_asked_anyway() {
    let (mut outbox, wire) = blocked(terms(LIMIT));
    wire.make_hidden_room(2);
    let flushed = outbox.flush(None).unwrap();
    assert_eq!((flushed.bytes, flushed.is_blocked), (0, true));
    let flushed = outbox.flush_anyway().unwrap();
    assert_eq!((flushed.bytes, flushed.is_blocked), (2, true));
    wire.make_hidden_room(usize::MAX / 2);
    let flushed = outbox.flush_anyway().unwrap();
    assert_eq!(flushed.caught_up, Some(Missed { messages: 0 }));
    assert_eq!(wire.texts(), ["one"]);
    wire.break_off();
    send(&mut outbox, "two");
    assert!(outbox.flush_anyway().is_err());
}

#[test]
fn an_empty_outbox_takes_one_message_of_any_size() {
    let wire = TestWire::with_room(0);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms(LIMIT));
    assert_eq!(send(&mut outbox, &"x".repeat(50 * LIMIT)), Delivery::Queued);
    assert_eq!(send(&mut outbox, "one more"), Delivery::Dropped);
    wire.make_room(usize::MAX / 2);
    outbox.flush(None).unwrap();
    assert_eq!(wire.close_code(), Some(code::TRY_AGAIN_LATER));
}

#[test]
fn a_full_outbox_closes_with_1013_and_never_cuts_a_frame() {
    let (mut outbox, wire) = blocked(terms(LIMIT));
    wire.make_room(3);
    assert!(outbox.flush(None).unwrap().is_blocked);
    while send(&mut outbox, "dropped") == Delivery::Queued {}
    assert_eq!(
        outbox.ended().map(|close| close.code),
        Some(code::TRY_AGAIN_LATER)
    );
    assert_eq!(send(&mut outbox, "late"), Delivery::Gone);

    wire.make_room(LIMIT);
    assert!(!outbox.flush(None).unwrap().is_blocked);
    assert_eq!(
        wire.texts(),
        ["one"],
        "the begun frame ends, the waiting ones are gone"
    );
    assert_eq!(
        (wire.close_code(), wire.frames().1),
        (Some(code::TRY_AGAIN_LATER), 0)
    );
}

#[test]
fn empty_frames_are_not_free() {
    let (mut outbox, _wire) = blocked(terms(1 << 20));
    let taken = (0..)
        .take_while(|_| send(&mut outbox, "") == Delivery::Queued)
        .count();
    assert!(taken < 20_000, "{taken} entries of no bytes fit into 1 MiB");
}

#[test]
fn a_flood_of_pings_is_owed_one_pong_behind_what_waits() {
    let (mut outbox, wire) = blocked(terms(LIMIT));
    for number in 0..10_000_u32 {
        outbox.pong(pong(&number.to_be_bytes()));
    }
    wire.make_room(LIMIT);
    assert!(!outbox.flush(None).unwrap().is_blocked);
    let newest = (OpCode::Pong, 9_999_u32.to_be_bytes().to_vec());
    assert_eq!(
        wire.frames(),
        (vec![(OpCode::Text, b"one".to_vec()), newest], 0)
    );
}

#[test]
fn a_socket_that_takes_all_answers_each_ping() {
    let wire = TestWire::with_room(usize::MAX);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms(LIMIT));
    for number in 0..10_u8 {
        outbox.pong(pong(&[number]));
    }
    outbox.flush(None).unwrap();
    assert_eq!(wire.frames().0.len(), 10);
}

#[test]
fn a_pong_that_has_begun_is_not_replaced() {
    let wire = TestWire::with_room(3);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms(LIMIT));
    for payload in [&b"old"[..], b"new", b"newest"] {
        outbox.pong(pong(payload));
        outbox.flush(None).unwrap();
    }
    wire.make_room(LIMIT);
    outbox.flush(None).unwrap();
    let pongs: Vec<_> = wire
        .frames()
        .0
        .into_iter()
        .map(|(_, payload)| payload)
        .collect();
    assert_eq!(pongs, [b"old".to_vec(), b"newest".to_vec()]);
}

#[test]
fn an_end_closes_behind_what_waits_and_counts_once() {
    let (mut outbox, wire) = blocked(terms(LIMIT));
    assert!(outbox.end(kick()));
    assert!(!outbox.end(Close::lost()));
    assert_eq!(send(&mut outbox, "late"), Delivery::Gone);
    wire.make_room(LIMIT);
    outbox.flush(None).unwrap();
    let (frames, _) = wire.frames();
    assert_eq!(
        frames.iter().map(|(opcode, _)| *opcode).collect::<Vec<_>>(),
        [OpCode::Text, OpCode::Close]
    );
    assert_eq!(outbox.ended(), Some(&kick()));
}

#[test]
fn a_broken_wire_is_found_out_by_its_task() {
    let wire = TestWire::with_room(usize::MAX);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms(LIMIT));
    wire.break_off();
    assert_eq!(send(&mut outbox, "a"), Delivery::Queued);
    flush_beside(&mut outbox);
    assert_eq!(wire.wakes(), 1);
    assert!(outbox.flush(None).is_err());
    assert_eq!(send(&mut outbox, "b"), Delivery::Gone);
    assert_eq!(
        Arc::strong_count(&wire),
        1,
        "the outbox holds a broken wire no longer"
    );
}

#[test]
fn drop_newest_keeps_what_waits_and_tells_how_much_was_missed() {
    let (mut outbox, wire) = blocked(policy(SlowConsumer::DropNewest));
    let sent = (0..100).map(|number| send(&mut outbox, &number.to_string()));
    let missed = sent.filter(|sent| *sent == Delivery::Dropped).count();
    wire.make_room(10 * LIMIT);
    let flushed = outbox.flush(None).unwrap();
    let texts = wire.texts();
    assert_eq!(texts[..4], ["one", "0", "1", "2"]);
    assert_eq!(texts.len() + missed, 101);
    let messages = u32::try_from(missed).unwrap();
    assert_eq!(flushed.caught_up, Some(Missed { messages }));
    assert_eq!(outbox.ended(), None);
}

#[test]
fn drop_oldest_keeps_the_newest_and_finishes_a_frame_half_written() {
    let (mut outbox, wire) = blocked(policy(SlowConsumer::DropOldest));
    wire.make_room(3);
    outbox.flush(None).unwrap();
    for number in 0..100 {
        assert_eq!(send(&mut outbox, &number.to_string()), Delivery::Queued);
    }
    wire.make_room(10 * LIMIT);
    let flushed = outbox.flush(None).unwrap();
    let texts = wire.texts();
    assert_eq!((texts[0].as_str(), wire.frames().1), ("one", 0));
    assert_eq!(texts[1..].last().map(String::as_str), Some("99"));
    let numbers: Vec<u32> = texts[1..]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    assert!(numbers.is_sorted(), "what is left keeps its order");
    let messages = u32::try_from(101 - texts.len()).unwrap();
    assert_eq!(flushed.caught_up, Some(Missed { messages }));
}

#[test]
fn latest_keeps_the_newest_of_each_event_and_rooms() {
    let (mut outbox, wire) = blocked(policy(SlowConsumer::Latest));
    let lobby = ["lobby".to_owned()];
    for number in 0..50 {
        for (event, rooms) in [
            ("price", &[][..]),
            ("price", &lobby[..]),
            ("score", &[][..]),
        ] {
            let frame = frame::encode(OpCode::Text, format!("{event} {number}").as_bytes());
            let message = Message::event(frame, 2..7, 0..0).sent_to(rooms);
            assert_eq!(outbox.send(&message), Delivery::Queued);
        }
    }
    wire.make_room(LIMIT);
    let flushed = outbox.flush(None).unwrap();
    assert_eq!(wire.texts(), ["one", "price 49", "price 49", "score 49"]);
    assert_eq!(flushed.caught_up, Some(Missed { messages: 147 }));
}

#[test]
fn an_answer_is_never_dropped() {
    for slow_consumer in [
        SlowConsumer::DropNewest,
        SlowConsumer::DropOldest,
        SlowConsumer::Latest,
    ] {
        let (mut outbox, wire) = blocked(policy(slow_consumer));
        let answer = |number: usize| {
            let text = format!("answer {number}");
            Arc::new(Message::kept(frame::encode(OpCode::Text, text.as_bytes())))
        };
        let answers = (0..)
            .take_while(|number| {
                send(&mut outbox, "event");
                outbox.send(&answer(*number)) == Delivery::Queued
            })
            .count();
        assert!(answers > 3, "{slow_consumer:?}");
        assert_eq!(
            outbox.ended().map(|close| close.code),
            Some(code::TRY_AGAIN_LATER),
            "it is closed rather than left without an answer"
        );
        wire.make_room(10 * LIMIT);
        outbox.flush(None).unwrap();
        assert_eq!(wire.close_code(), Some(code::TRY_AGAIN_LATER));
    }
}

#[test]
fn a_volatile_message_skips_who_is_behind() {
    let (mut outbox, wire) = blocked(terms(LIMIT));
    let cursor = Arc::new(message("cursor").volatile());
    assert_eq!(outbox.send(&cursor), Delivery::Dropped);
    wire.make_room(LIMIT);
    outbox.flush(None).unwrap();
    assert_eq!(outbox.send(&cursor), Delivery::Queued);
    flush_beside(&mut outbox);
    assert_eq!(wire.texts(), ["one", "cursor"]);
}
