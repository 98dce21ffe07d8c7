//! Users, routes and own rooms as those whom something is for, and what threads make of it.

use super::*;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

fn user(name: &str) -> Audience {
    let mut audience = Audience::default();
    audience.add_user(name.to_owned());
    audience
}

fn own_rooms(member: &Arc<Member>) -> Audience {
    let mut audience = Audience::default();
    audience.add_rooms_of(member);
    audience
}

fn of_route(mut audience: Audience, route: u32) -> Audience {
    audience.narrow_to(RouteNumber(route));
    audience
}

#[test]
fn a_route_hears_the_same_whether_others_are_in_its_rooms_or_not() {
    let hub = slow_hub(128);
    let guests: Vec<_> = (0..4)
        .map(|number| connect_by(&hub, number, u32::from(number >= 2), None))
        .collect();
    for guest in &guests[..2] {
        hub.join(&guest.member, "a", None);
    }
    let lobby = of_route(Audience::room("a"), 0);
    let elsewhere = of_route(Audience::room("a"), 1);
    assert_eq!(hub.deliver(&lobby, message("alone")).queued, 2);
    assert_eq!(hub.deliver(&elsewhere, message("nobody")).queued, 0);
    hub.deliver(&Audience::room("a"), message("waiting"));
    hub.join(&guests[2].member, "a", None);
    assert_eq!(hub.deliver(&lobby, message("among others")).queued, 2);
    assert_eq!(hub.deliver(&elsewhere, message("to the guest")).queued, 1);
    let all = of_route(Audience::everyone(), 1);
    assert_eq!(hub.deliver(&all, message("to a route")).queued, 2);
    let nobody = of_route(all, 0);
    assert_eq!(hub.deliver(&nobody, message("nobody")).queued, 0);
    flush();
    for guest in &guests[..2] {
        assert_eq!(guest.wire.texts(), ["alone", "waiting", "among others"]);
    }
    assert_eq!(guests[2].wire.texts(), ["to the guest", "to a route"]);
    assert_eq!(guests[3].wire.texts(), ["to a route"]);
}

#[test]
fn a_room_of_one_route_keeps_its_log_for_what_is_sent_to_that_route() {
    let hub = slow_hub(128);
    let guests: Vec<_> = (0..10)
        .map(|number| connect_by(&hub, number, 7, None))
        .collect();
    for guest in &guests {
        hub.join(&guest.member, "a", None);
    }
    for text in ["one", "two", "three"] {
        hub.deliver(&of_route(Audience::room("a"), 7), message(text));
    }
    flush();
    for guest in &guests {
        assert_eq!(guest.wire.texts(), ["one", "two", "three"]);
        assert_eq!(
            (guest.wire.writes(), guest.wire.slices()),
            (1, 1),
            "in one piece"
        );
    }
}

#[test]
fn a_room_that_emptied_belongs_to_whom_comes_next() {
    let hub = slow_hub(128);
    let ann = connect_by(&hub, 1, 1, None);
    assert_eq!(
        hub.deliver(&of_route(Audience::everyone(), 1), message("a"))
            .queued,
        1
    );
    hub.end(&ann.member, kick());
    let _bob = connect_by(&hub, 2, 2, None);
    assert_eq!(
        hub.deliver(&of_route(Audience::everyone(), 2), message("b"))
            .queued,
        1
    );
    assert_eq!(
        hub.deliver(&of_route(Audience::everyone(), 1), message("c"))
            .queued,
        0
    );
}

#[test]
fn own_rooms_are_those_at_the_send() {
    let hub = slow_hub(128);
    let guests: Vec<_> = (0..3)
        .map(|number| connect_by(&hub, number, 0, None))
        .collect();
    let ann = &guests[0].member;
    hub.join(&guests[1].member, "a", None);
    hub.join(&guests[2].member, "b", None);
    let mut audience = own_rooms(ann);
    audience.except([ann.id()]);
    assert_eq!(hub.deliver(&audience, message("in none")).queued, 0);
    hub.join(ann, "a", None);
    assert_eq!(hub.deliver(&audience, message("in a")).queued, 1);
    hub.join(ann, "b", None);
    assert_eq!(hub.deliver(&audience, message("in both")).queued, 2);
    hub.leave(ann, "a");
    assert_eq!(hub.deliver(&audience, message("in b")).queued, 1);
    hub.end(ann, kick());
    assert_eq!(hub.deliver(&audience, message("was in b")).queued, 1);
    flush();
    assert_eq!(guests[1].wire.texts(), ["in a", "in both"]);
    assert_eq!(guests[2].wire.texts(), ["in both", "in b", "was in b"]);
}

#[test]
fn everyone_instead_of_no_room_is_asked_for() {
    let hub = slow_hub(128);
    let guests: Vec<_> = (0..3)
        .map(|number| connect_by(&hub, number, 0, None))
        .collect();
    let ann = &guests[0].member;
    let mut audience = own_rooms(ann);
    audience.or_everyone();
    audience.except([ann.id()]);
    assert_eq!(hub.deliver(&audience, message("in none")).queued, 2);
    hub.join(ann, "a", None);
    assert_eq!(hub.deliver(&audience, message("alone in a")).queued, 0);
}

#[test]
fn a_send_to_a_user_stays_behind_what_his_rooms_were_sent_before() {
    let hub = slow_hub(128);
    let ann = connect_by(&hub, 1, 0, Some("ann"));
    let phone = connect_by(&hub, 2, 0, Some("ann"));
    let bob = connect_by(&hub, 3, 0, Some("bob"));
    for guest in [&ann, &bob] {
        hub.join(&guest.member, "a", None);
    }
    hub.deliver(&Audience::room("a"), message("room"));
    assert_eq!(hub.deliver(&user("ann"), message("user")).queued, 2);
    assert_eq!(hub.deliver(&user("nobody"), message("nobody")).queued, 0);
    hub.deliver(&Audience::everyone(), message("all"));
    flush();
    assert_eq!(ann.wire.texts(), ["room", "user", "all"]);
    assert_eq!(phone.wire.texts(), ["user", "all"]);
    assert_eq!(bob.wire.texts(), ["room", "all"]);
}

#[test]
fn the_latest_to_some_replaces_nothing_that_others_got_too() {
    let hub = slow_hub(128);
    let wire = TestWire::with_room(0);
    let owner = Arc::new(Somebody(Some("ann".into())));
    let weak: Weak<Somebody> = Arc::downgrade(&owner);
    let latest = policy(SlowConsumer::Latest);
    let ann = Member::new(id(1), Arc::clone(&wire) as Arc<dyn Wire>, latest, weak);
    let ann = Arc::new(ann);
    hub.register(&ann);
    let route = of_route(Audience::everyone(), 0);
    let everyone = Audience::everyone();
    hub.deliver(&everyone, message("begins to block"));
    flush();
    let event =
        |text: &str| Message::event(frame::encode(OpCode::Text, text.as_bytes()), 2..3, 0..0);
    hub.join(&ann, "room", None);
    let mut room_and_all = Audience::room("room");
    room_and_all.add_everyone();
    let mut room_and_ann = Audience::room("room");
    room_and_ann.add_client(id(1));
    for round in 0..3 {
        for (audience, name) in [
            (&everyone, "all"),
            (&user("ann"), "user"),
            (&route, "route"),
            (&Audience::client(id(1)), "client"),
            (&Audience::room("room"), "room"),
            (&room_and_ann, "room and client"),
        ] {
            hub.deliver(audience, event(&format!("n {name} {round}")));
            flush();
        }
    }
    // Whatever is named beside everyone.
    hub.deliver(&room_and_all, event("n all 3"));
    flush();
    wire.make_room(usize::MAX / 2);
    let _ = ann.flush();
    assert_eq!(
        wire.texts()[1..],
        [
            "n user 2",
            "n route 2",
            "n client 2",
            "n room 2",
            "n room and client 2",
            "n all 3"
        ]
    );
}

#[test]
fn everybody_is_named_once_whatever_names_him() {
    let hub = slow_hub(128);
    let ann = connect_by(&hub, 1, 0, Some("ann"));
    hub.join(&ann.member, "a", None);
    hub.join(&ann.member, "b", None);
    let mut audience = own_rooms(&ann.member);
    audience.add_room("a");
    audience.add_user("ann".to_owned());
    audience.add_client(id(1));
    audience.add_client(id(1));
    assert_eq!(hub.everybody_in(&audience).len(), 1);
    assert_eq!(hub.deliver(&audience, message("once")).queued, 1);
    audience.add_everyone();
    assert_eq!(hub.everybody_in(&audience).len(), 1);
}

/// Members who end themselves (a full outbox) while they send to their own rooms hold no lock
/// that their removal needs.
#[test]
fn who_overflows_by_what_it_sends_to_its_own_rooms_is_taken_out() {
    let hub = slow_hub(128);
    let wire = TestWire::with_room(0);
    let slow = Member::new(id(1), wire as Arc<dyn Wire>, terms(10), nobody());
    let slow = Arc::new(slow);
    hub.register(&slow);
    hub.join(&slow, "a", None);
    hub.join(&slow, "b", None);
    for _ in 0..3 {
        hub.deliver(&own_rooms(&slow), message("0123456789"));
        flush();
    }
    assert!(slow.has_ended());
    assert_eq!(hub.room_names(), [""; 0]);
}

#[test]
fn the_connections_of_a_user_hear_several_senders_in_one_order() {
    let hub = Hub::new(128, drop);
    let guests: Vec<_> = (0..4).map(|number| roomy(&hub, number)).collect();
    for guest in &guests[..2] {
        hub.join(&guest.member, "a", None);
    }
    thread::scope(|scope| {
        for sender in 0..4 {
            let hub = &hub;
            scope.spawn(move || {
                let mut mixed = user("ann");
                mixed.add_room("a");
                for number in 0..200 {
                    let audience = if number % 2 == 0 {
                        &user("ann")
                    } else {
                        &mixed
                    };
                    hub.deliver(audience, message(&format!("{sender} {number}")));
                }
            });
        }
    });
    let heard = guests[0].wire.texts();
    assert_eq!(heard.len(), 800);
    for guest in &guests[1..] {
        assert_eq!(guest.wire.texts(), heard);
    }
}

/// Somebody else's message may have come into the room's log since the logs were last handed
/// out, and one member may have been handed it already.
#[test]
fn who_is_sent_to_one_by_one_hears_what_the_room_was_sent_before() {
    let hub = slow_hub(128);
    let guests: Vec<_> = (0..2).map(|number| roomy(&hub, number)).collect();
    for guest in &guests {
        hub.join(&guest.member, "a", None);
    }
    for audience in [&Audience::room("a"), &Audience::everyone()] {
        hub.deliver(audience, message("first"));
        hub.send(&guests[0].member, message("for you"));
        hub.hand_to_each(audience, &[], &text("second"));
    }
    flush();
    let heard = ["first", "second", "first", "second"];
    assert_eq!(guests[1].wire.texts(), heard);
    let mut texts = guests[0].wire.texts();
    texts.retain(|text| text != "for you");
    assert_eq!(texts, heard);
}

/// Or who comes into a room after she has left it could hear what she says to her own rooms.
#[test]
fn nobody_leaves_a_room_while_his_own_rooms_are_walked() {
    let hub = Hub::new(128, drop);
    let ann = roomy(&hub, 1);
    hub.join(&ann.member, "a", None);
    let (has_left, left) = mpsc::channel();
    thread::scope(|scope| {
        hub.with_own_rooms(&own_rooms(&ann.member), |_| {
            scope.spawn(|| has_left.send(hub.leave(&ann.member, "a")));
            let waited = left.recv_timeout(Duration::from_millis(50));
            assert_eq!(waited, Err(RecvTimeoutError::Timeout));
        });
        assert_eq!(left.recv(), Ok(Left::Now));
    });
}

/// Each client is in one of two rooms at any time, or in both while it moves.
#[test]
fn own_rooms_while_their_client_moves_are_never_none() {
    let hub = Hub::new(128, drop);
    let ann = roomy(&hub, 1);
    let listeners: Vec<_> = (2..4).map(|number| roomy(&hub, number)).collect();
    hub.join(&listeners[0].member, "a", None);
    hub.join(&listeners[1].member, "b", None);
    hub.join(&ann.member, "a", None);
    let mut audience = own_rooms(&ann.member);
    audience.except([ann.member.id()]);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2000 {
                for (to, from) in [("b", "a"), ("a", "b")] {
                    hub.join(&ann.member, to, None);
                    hub.leave(&ann.member, from);
                }
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let queued = hub.deliver(&audience, message("x")).queued;
                    assert!((1..=2).contains(&queued), "{queued}");
                    let named: BTreeSet<_> =
                        hub.everybody_in(&audience).iter().map(|m| m.id()).collect();
                    assert!(!named.is_empty());
                }
            });
        }
    });
}

/// Deliveries to own rooms, users, routes and everyone beside joins, leaves and ends wait for
/// each other in no circle, and leave nobody behind.
#[test]
fn targets_of_all_kinds_beside_moving_clients_come_to_an_end() {
    let hub = Hub::new(128, drop);
    let guests: Vec<_> = (0..8).map(|number| roomy(&hub, number)).collect();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (hub, guests) = (&hub, &guests);
            scope.spawn(move || {
                for turn in 0..1000 {
                    let member = &guests[(turn + thread) % 8].member;
                    let room = ["a", "b", "c"][turn % 3];
                    let mut everything = own_rooms(member);
                    everything.add_user("ann".to_owned());
                    everything.except_room("c");
                    hub.join(member, room, None);
                    hub.deliver(&everything, message("x"));
                    hub.deliver(&of_route(own_rooms(member), 0), message("y"));
                    hub.deliver(&user("ann"), message("z"));
                    for other in hub.everybody_in(&Audience::room(room)) {
                        hub.leave(&other, room);
                        if turn == 900 && thread == 0 {
                            hub.end(&other, kick());
                        }
                    }
                }
            });
        }
    });
    for member in hub.everybody() {
        hub.end(&member, kick());
    }
    assert_eq!((hub.stats().connections, hub.room_names()), (0, vec![]));
    assert_eq!(hub.deliver(&user("ann"), message("nobody")).queued, 0);
}

/// A client of ann's for whom much may wait.
fn roomy(hub: &Hub, number: u64) -> Guest {
    let wire = TestWire::with_room(usize::MAX);
    let owner = Arc::new(Somebody(Some("ann".into())));
    let weak: Weak<Somebody> = Arc::downgrade(&owner);
    let terms = terms(usize::MAX / 2);
    let member = Member::new(id(number), Arc::clone(&wire) as Arc<dyn Wire>, terms, weak);
    let member = Arc::new(member);
    hub.register(&member);
    Guest {
        member,
        wire,
        _owner: owner,
    }
}
