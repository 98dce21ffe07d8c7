//! Frames whose payload lies apart from their header: they wait, go and fall as one.

use super::*;
use bytes::Bytes;

/// An outbox over a wire that takes `room` bytes.
fn behind(room: usize) -> (Outbox, Arc<TestWire>) {
    let wire = TestWire::with_room(room);
    let outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, terms(LIMIT));
    (outbox, wire)
}

fn large(byte: u8) -> Arc<Message> {
    Arc::new(Message::binary(vec![byte; LARGE].into()))
}

/// More than the limit: with it in the outbox, nothing else fits.
const LARGE: usize = 5000;

#[test]
fn a_large_frame_is_whole_however_little_fits_at_a_time() {
    for step in [1, 2, 3, 4, 5, 7, 4999, 5000, 5003, 5004] {
        let (mut outbox, wire) = behind(0);
        for byte in [1, 2] {
            assert_eq!(outbox.send(&large(byte)), Delivery::Queued);
            while outbox.flush(None).unwrap().is_blocked {
                wire.make_room(step);
            }
        }
        let frames = [1, 2].map(|byte| (OpCode::Binary, vec![byte; LARGE]));
        assert_eq!(wire.frames(), (frames.into(), 0), "{step}");
    }
}

#[test]
fn large_frames_of_one_moment_are_written_with_one_call() {
    let wire = TestWire::with_room(usize::MAX);
    let roomy = terms(10 * LARGE);
    let mut outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, roomy);
    for byte in 0..3 {
        outbox.send(&large(byte));
        outbox.send(&text("between"));
    }
    outbox.flush(None).unwrap();
    assert_eq!(wire.frames().0.len(), 6);
    assert_eq!((wire.writes(), wire.slices()), (1, 9));
}

#[test]
fn a_large_frame_that_has_begun_ends_although_the_outbox_overflows() {
    // The header has four bytes: cut in it, behind it, and in the payload.
    for room in [1, 4, 5, 1000] {
        let (mut outbox, wire) = behind(room);
        assert_eq!(outbox.send(&large(1)), Delivery::Queued);
        assert!(outbox.flush(None).unwrap().is_blocked);
        assert_eq!(outbox.send(&large(2)), Delivery::Dropped);
        wire.make_room(10 * LARGE);
        assert!(!outbox.flush(None).unwrap().is_blocked);
        let (frames, rest) = wire.frames();
        assert_eq!(frames[0], (OpCode::Binary, vec![1; LARGE]), "{room}");
        let opcodes: Vec<_> = frames.iter().map(|(opcode, _)| *opcode).collect();
        assert_eq!((opcodes, rest), (vec![OpCode::Binary, OpCode::Close], 0));
    }
}

#[test]
fn a_large_frame_that_has_not_begun_is_dropped_as_a_whole() {
    let (mut outbox, wire) = behind(0);
    assert_eq!(outbox.send(&large(1)), Delivery::Queued);
    assert_eq!(outbox.send(&large(2)), Delivery::Dropped);
    wire.make_room(10 * LARGE);
    assert!(!outbox.flush(None).unwrap().is_blocked);
    let (frames, rest) = wire.frames();
    let opcodes: Vec<_> = frames.iter().map(|(opcode, _)| *opcode).collect();
    assert_eq!((opcodes, rest), (vec![OpCode::Close], 0));
}

#[test]
fn a_large_payload_is_shared_by_all_who_wait_for_it() {
    let payload = Bytes::from(vec![7; LARGE]);
    let message = Arc::new(Message::binary(payload.clone()));
    let mut outboxes: Vec<_> = (0..10).map(|_| behind(2).0).collect();
    for outbox in &mut outboxes {
        outbox.send(&message);
        assert!(outbox.flush(None).unwrap().is_blocked);
    }
    drop(message);
    assert!(!payload.is_unique());
    drop(outboxes);
    assert!(payload.is_unique(), "nobody copied it and nobody keeps it");
}

#[test]
fn the_latest_bytes_to_the_same_rooms_replace_the_older() {
    let (mut outbox, wire) = blocked(policy(SlowConsumer::Latest));
    let lobby = ["lobby".to_owned()];
    for number in 0..10_u8 {
        for rooms in [&[][..], &lobby[..]] {
            let message = Message::binary(vec![number].into()).sent_to(rooms);
            assert_eq!(outbox.send(&message), Delivery::Queued);
        }
    }
    wire.make_room(LIMIT);
    outbox.flush(None).unwrap();
    let (frames, _) = wire.frames();
    let newest = (OpCode::Binary, vec![9]);
    assert_eq!(frames[1..], [newest.clone(), newest]);
}
