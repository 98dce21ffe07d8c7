//! Rooms and their members.

use super::*;

#[test]
fn a_room_lives_from_its_first_member_to_its_last() {
    let hub = Hub::new(128, drop);
    let ((ann, _), (bob, _)) = (connect(&hub, 1), connect(&hub, 2));
    assert_eq!(hub.join(&ann, "lobby", None), Joined::Now);
    assert_eq!(hub.join(&ann, "lobby", None), Joined::Already);
    assert_eq!(hub.join(&bob, "lobby", None), Joined::Now);
    assert_eq!(hub.stats().rooms, 1);
    assert_eq!(hub.leave(&ann, "lobby"), Left::Now);
    assert_eq!(hub.leave(&ann, "lobby"), Left::NotIn);
    hub.end(&bob, kick());
    assert_eq!((hub.stats().rooms, hub.stats().connections), (0, 1));
    assert_eq!(
        bob.room_names(),
        ["lobby"],
        "its disconnect handler still sees its rooms"
    );
    assert_eq!(
        hub.join(&bob, "lobby", None),
        Joined::Refused(JoinError::Gone)
    );
    assert_eq!(hub.stats().rooms, 0);
}

#[test]
fn joins_are_refused_by_name_and_number() {
    let hub = Hub::new(2, drop);
    let (ann, _) = connect(&hub, 1);
    for name in ["", "a\nb", &"x".repeat(129)] {
        assert_eq!(hub.join(&ann, name, None), Joined::Refused(JoinError::Name));
    }
    assert_eq!(hub.join(&ann, &"x".repeat(128), None), Joined::Now);
    assert_eq!(hub.join(&ann, "raum mit ü", None), Joined::Now);
    assert_eq!(
        hub.join(&ann, "third", None),
        Joined::Refused(JoinError::TooManyRooms { limit: 2 })
    );
}

#[test]
fn a_slow_member_is_closed_and_costs_the_others_nothing() {
    let hub = Hub::new(128, drop);
    let (ann, ann_wire) = connect(&hub, 1);
    let slow_wire = TestWire::with_room(0);
    let terms = Terms {
        limit_bytes: LIMIT,
        slow_consumer: SlowConsumer::Disconnect,
        missing: Arc::clone(hub.missing()),
        codec: Spoken::Envelope,
        max_rooms: None,
    };
    let slow = Member::new(id(2), slow_wire as Arc<dyn Wire>, Arc::new(terms), nobody());
    let slow = Arc::new(slow);
    hub.register(&slow);
    hub.join(&ann, "lobby", None);
    hub.join(&slow, "lobby", None);
    for _ in 0..100 {
        hub.deliver(&Audience::room("lobby"), message("hi"));
    }
    assert_eq!(ann_wire.texts().len(), 100);
    assert_eq!(
        slow.ended().map(|close| close.code),
        Some(code::TRY_AGAIN_LATER)
    );
    assert_eq!(hub.stats().dropped, 1, "what came later found it closed");
    assert_eq!(hub.stats().too_slow, 1);
    hub.remove(&slow);
    assert_eq!(hub.room_clients("lobby"), [id(1)]);
    assert_eq!(hub.stats().connections, 1);
}

#[test]
fn deliveries_to_overlapping_rooms_cannot_wait_for_each_other() {
    let hub = Hub::new(128, drop);
    let members: Vec<_> = (0..8).map(|number| connect(&hub, number).0).collect();
    for member in &members {
        for room in ["a", "b", "c"] {
            hub.join(member, room, None);
        }
    }
    std::thread::scope(|scope| {
        for rooms in [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"]] {
            let (hub, members) = (&hub, &members);
            scope.spawn(move || {
                let mut audience = Audience::room(rooms[0]);
                audience.add_room(rooms[1]);
                audience.except_room(rooms[2]);
                for turn in 0..2000 {
                    hub.deliver(&audience, message("x"));
                    hub.deliver(&Audience::everyone(), message("y"));
                    let member = &members[turn % members.len()];
                    hub.leave(member, rooms[1]);
                    hub.join(member, rooms[1], None);
                }
            });
        }
    });
    assert_eq!(hub.stats().rooms, 3);
}
