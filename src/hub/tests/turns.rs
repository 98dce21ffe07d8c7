//! What a client is sent in its own turn.

use super::*;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Sends as a handler does: into the client's own turn, or as a message.
pub(super) fn say(hub: &Hub, member: &Arc<Member>, text: &str) -> Delivery {
    let frame = frame::encode(OpCode::Text, text.as_bytes());
    let replied = hub.reply(member, |replies| {
        replies.extend_from_slice(&frame);
        Ok::<_, Infallible>(())
    });
    match replied {
        Some(Ok(delivery)) => delivery,
        None => hub.send(member, message(text)),
    }
}

#[test]
fn replies_are_written_with_one_call_at_the_end_of_the_turn() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect(&hub, 1);
    let turn = Turn::of(&ann);
    for word in ["one", "two", "three"] {
        assert_eq!(say(&hub, &ann, word), Delivery::Queued);
    }
    assert_eq!(wire.writes(), 0);
    drop(turn);
    assert_eq!(wire.texts(), ["one", "two", "three"]);
    assert_eq!((wire.writes(), wire.slices()), (1, 1));
}

#[test]
fn replies_and_messages_of_others_keep_their_order() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect(&hub, 1);
    let turn = Turn::of(&ann);
    say(&hub, &ann, "one");
    std::thread::scope(|scope| {
        // Another thread leaves the writing to the turn, or it would overtake.
        scope.spawn(|| hub.deliver(&Audience::everyone(), message("two")));
    });
    say(&hub, &ann, "three");
    hub.deliver(&Audience::everyone(), message("four"));
    assert_eq!(wire.writes(), 0);
    drop(turn);
    assert_eq!(wire.texts(), ["one", "two", "three", "four"]);
    assert_eq!(wire.writes(), 1);
}

#[test]
fn what_another_thread_does_between_two_replies_comes_between_them() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect(&hub, 1);
    {
        let _turn = Turn::of(&ann);
        for (reply, sent) in [("one", "two"), ("three", "four"), ("five", "six")] {
            assert_eq!(say(&hub, &ann, reply), Delivery::Queued);
            std::thread::scope(|scope| {
                scope.spawn(|| hub.send(&ann, message(sent)));
            });
            ann.flush().unwrap();
        }
        say(&hub, &ann, "seven");
        std::thread::scope(|scope| {
            scope.spawn(|| hub.end(&ann, kick()));
        });
        assert_eq!(say(&hub, &ann, "late"), Delivery::Gone);
    }
    assert_eq!(wire.texts().join(" "), "one two three four five six seven");
    assert_eq!(wire.close_code(), Some(4000));
}

#[test]
fn what_the_socket_does_not_take_of_the_replies_waits_in_order() {
    let hub = Hub::new(128, drop);
    let wire = TestWire::with_room(7);
    let ann = Member::new(
        id(1),
        Arc::clone(&wire) as Arc<dyn Wire>,
        terms(LIMIT),
        nobody(),
    );
    let ann = Arc::new(ann);
    hub.register(&ann);
    {
        let _turn = Turn::of(&ann);
        say(&hub, &ann, "one");
        say(&hub, &ann, "two");
        hub.deliver(&Audience::everyone(), message("three"));
        assert!(ann.flush().unwrap().is_blocked);
        say(&hub, &ann, "four");
    }
    assert_eq!((wire.texts(), wire.frames().1), (vec!["one".to_owned()], 2));
    for _ in 0..100 {
        wire.make_room(1);
        ann.flush().unwrap();
    }
    assert_eq!(wire.texts(), ["one", "two", "three", "four"]);
}

#[test]
fn many_replies_are_written_before_their_turn_ends() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect(&hub, 1);
    let _turn = Turn::of(&ann);
    for _ in 0..1000 {
        assert_eq!(say(&hub, &ann, &"x".repeat(1000)), Delivery::Queued);
    }
    assert!(
        wire.texts().len() > 900,
        "bounded, whatever a handler sends"
    );
}

#[test]
fn a_client_that_reads_nothing_is_closed_however_it_is_sent_to() {
    let hub = Hub::new(128, drop);
    let wire = TestWire::with_room(0);
    let ann = Member::new(
        id(1),
        Arc::clone(&wire) as Arc<dyn Wire>,
        terms(LIMIT),
        nobody(),
    );
    let ann = Arc::new(ann);
    hub.register(&ann);
    let sent = (0..1000).map(|_| {
        let _turn = Turn::of(&ann);
        say(&hub, &ann, &"x".repeat(100))
    });
    assert!(sent.filter(|sent| *sent == Delivery::Queued).count() < 20);
    assert_eq!(
        ann.ended().map(|close| close.code),
        Some(code::TRY_AGAIN_LATER)
    );
}

#[test]
fn a_payload_that_panics_or_sends_itself_spoils_no_reply() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect(&hub, 1);
    let turn = Turn::of(&ann);
    say(&hub, &ann, "one");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        hub.reply(&ann, |replies| -> Result<(), Infallible> {
            replies.extend_from_slice(b"half a frame");
            panic!("a payload's `Serialize`");
        })
    }));
    assert!(panicked.is_err());
    say(&hub, &ann, "two");
    let refused = hub.reply(&ann, |replies| {
        replies.extend_from_slice(b"half a frame");
        say(&hub, &ann, "sent while another is encoded");
        Err(())
    });
    assert_eq!(refused, Some(Err(())));
    drop(turn);
    assert_eq!(
        wire.texts(),
        ["one", "two", "sent while another is encoded"]
    );
}

#[test]
fn a_turn_inside_a_turn_leaves_the_outer_one_alone() {
    let hub = Hub::new(128, drop);
    let ((ann, ann_wire), (bob, bob_wire)) = (connect(&hub, 1), connect(&hub, 2));
    let turn = Turn::of(&ann);
    say(&hub, &ann, "to ann");
    {
        let _inner = Turn::of(&bob);
        say(&hub, &bob, "to bob");
    }
    assert_eq!(bob_wire.texts(), ["to bob"]);
    say(&hub, &ann, "once more");
    drop(turn);
    assert_eq!(ann_wire.texts(), ["to ann", "once more"]);
}

#[test]
fn a_client_that_ends_in_its_turn_reads_what_was_sent_before() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect(&hub, 1);
    {
        let _turn = Turn::of(&ann);
        say(&hub, &ann, "farewell");
        hub.end(&ann, kick());
        assert_eq!(say(&hub, &ann, "late"), Delivery::Gone);
    }
    assert_eq!(
        (wire.texts(), wire.close_code()),
        (vec!["farewell".to_owned()], Some(4000))
    );
}

#[test]
fn replies_to_a_broken_wire_are_not_sent_to_the_next_client() {
    let hub = Hub::new(128, drop);
    let ((ann, ann_wire), (bob, bob_wire)) = (connect(&hub, 1), connect(&hub, 2));
    {
        let _turn = Turn::of(&ann);
        say(&hub, &ann, "for ann only");
        ann_wire.break_off();
        ann.hang_up();
    }
    {
        let _turn = Turn::of(&bob);
        say(&hub, &bob, "for bob");
    }
    assert_eq!(bob_wire.texts(), ["for bob"]);
}
