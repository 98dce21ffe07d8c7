//! Who gets a message, and in which order, is decided at the call and not at the flush.

use super::*;

#[test]
fn a_direct_send_after_a_room_frame_stays_behind_it() {
    let hub = slow_hub(128);
    let (ann, wire) = connect(&hub, 1);
    hub.join(&ann, "lobby", None);
    hub.deliver(&Audience::room("lobby"), message("to the room"));
    hub.send(&ann, message("to ann"));
    hub.deliver(&Audience::everyone(), message("to everyone"));
    assert_eq!((wire.texts(), flush()), (vec![], 1));
    assert_eq!(wire.texts(), ["to the room", "to ann", "to everyone"]);
    assert_eq!(wire.writes(), 1);
}

#[test]
fn a_direct_send_in_the_clients_own_turn_takes_the_room_frames_before_it_along() {
    let hub = slow_hub(128);
    let (ann, wire) = connect(&hub, 1);
    hub.join(&ann, "lobby", None);
    {
        let _turn = Turn::of(&ann);
        hub.deliver(&Audience::room("lobby"), message("to the room"));
        ann.flush().unwrap();
        assert!(
            wire.texts().is_empty(),
            "a room's frames wait for the others'"
        );
        hub.send(&ann, message("to ann"));
        hub.deliver(&Audience::room("lobby"), message("once more"));
        ann.flush().unwrap();
    }
    assert_eq!(wire.texts(), ["to the room", "to ann"]);
    flush();
    assert_eq!(wire.texts(), ["to the room", "to ann", "once more"]);
    assert_eq!(wire.writes(), 2);
}

#[test]
fn who_leaves_before_the_flush_still_gets_it_and_who_joins_does_not() {
    let hub = slow_hub(128);
    let ((ann, ann_wire), (bob, bob_wire)) = (connect(&hub, 1), connect(&hub, 2));
    hub.join(&ann, "lobby", None);
    hub.deliver(&Audience::room("lobby"), message("first"));
    hub.leave(&ann, "lobby");
    hub.join(&bob, "lobby", None);
    hub.deliver(&Audience::room("lobby"), message("second"));
    flush();
    assert_eq!(ann_wire.texts(), ["first"]);
    assert_eq!(bob_wire.texts(), ["second"]);
}

#[test]
fn who_is_kicked_before_the_flush_gets_what_was_sent_before() {
    let hub = slow_hub(128);
    let (ann, wire) = connect(&hub, 1);
    hub.join(&ann, "lobby", None);
    hub.deliver(&Audience::room("lobby"), message("farewell"));
    hub.end(&ann, kick());
    flush();
    ann.flush().unwrap();
    assert_eq!(
        (wire.texts(), wire.close_code()),
        (vec!["farewell".into()], Some(4000))
    );
}

#[test]
fn the_frames_of_one_moment_are_joined_for_all_who_got_the_same() {
    let hub = slow_hub(128);
    let members: Vec<_> = (0..200).map(|number| connect(&hub, number)).collect();
    for (member, _) in &members {
        hub.join(member, "lobby", None);
    }
    let mut but_one = Audience::room("lobby");
    but_one.except([id(7)]);
    for (audience, text) in [
        (&Audience::room("lobby"), "a"),
        (&but_one, "b"),
        (&Audience::room("lobby"), "c"),
    ] {
        hub.deliver(audience, message(text));
    }
    assert_eq!(flush(), 1);
    for (number, (_, wire)) in members.iter().enumerate() {
        let expected: &[&str] = if number == 7 {
            &["a", "c"]
        } else {
            &["a", "b", "c"]
        };
        assert_eq!(wire.texts(), expected);
        assert_eq!(wire.writes(), 1);
    }
    assert!(
        members
            .iter()
            .filter(|(_, wire)| wire.slices() == 1)
            .count()
            > 190,
        "in one piece"
    );
}

#[test]
fn a_send_during_the_flush_begins_a_new_moment() {
    let hub = slow_hub(128);
    let members: Vec<_> = (0..600).map(|number| connect(&hub, number)).collect();
    hub.deliver(&Audience::everyone(), message("first"));
    let moment = moments().pop().expect("a moment");
    let mut flushes: Vec<_> = moment.into_flushes(2).collect();
    assert_eq!(flushes.len(), 2);
    flushes[0].step();
    hub.deliver(&Audience::everyone(), message("second"));
    drop(flushes);
    assert_eq!(flush(), 1);
    for (_, wire) in &members {
        assert_eq!(wire.texts(), ["first", "second"]);
    }
}

#[test]
fn a_moment_that_is_thrown_away_is_written_all_the_same() {
    let hub = slow_hub(128);
    let (_, wire) = connect(&hub, 1);
    hub.deliver(&Audience::everyone(), message("first"));
    drop(moments());
    hub.deliver(&Audience::everyone(), message("second"));
    flush();
    assert_eq!(wire.texts(), ["first", "second"]);
}

#[test]
fn more_than_the_limit_in_one_moment_is_no_harm_while_the_socket_takes_it() {
    let hub = slow_hub(128);
    let (ann, wire) = connect(&hub, 1);
    for _ in 0..100 {
        let sent = hub.deliver(&Audience::everyone(), message(&"x".repeat(LIMIT / 4)));
        assert_eq!(sent.queued, 1);
    }
    flush();
    assert_eq!((wire.texts().len(), ann.ended()), (100, None));

    // One by one, since it did not get all.
    hub.deliver(&Audience::everyone(), message("before"));
    let (bob, wire) = connect(&hub, 2);
    for _ in 0..100 {
        hub.deliver(&Audience::everyone(), message(&"x".repeat(LIMIT / 4)));
    }
    flush();
    assert_eq!((wire.texts().len(), bob.ended()), (100, None));
}
