//! One message for clients of several codecs.

use super::deflation::{deflation, long, read};
use super::*;
use crate::codec::{self, Codec, Custom, Encoded, Incoming, Outgoing};
use crate::error::Result;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

/// `{"event":"e","payload":..}` with its places.
fn event(payload: &str) -> Arc<Message> {
    let before = r#"{"event":"e","payload":"#;
    let text = format!("{before}{payload}}}");
    let frame = frame::encode(OpCode::Text, text.as_bytes());
    let end = frame.len() - 1;
    let start = end - payload.len();
    Arc::new(Message::event(
        frame,
        start - r#""e","payload":"#.len()..start - r#","payload":"#.len(),
        start..end,
    ))
}

fn speaking(codec: Spoken, room: usize) -> (Outbox, Arc<TestWire>) {
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
        let raw = message.frame(Spoken::Raw);
        assert!(std::ptr::eq(raw, message.frame(Spoken::Raw)));
        let expected = frame::encode(OpCode::Text, text.as_bytes());
        assert_eq!(raw, &Frame::from(expected));
        assert!(std::ptr::eq(raw, message.frame(Spoken::Auto)));
        let typed = message.frame(Spoken::Typed);
        assert!(std::ptr::eq(typed, message.frame(Spoken::Typed)));
        let answer = Message::kept(frame::encode(OpCode::Text, b"answer"));
        assert!(std::ptr::eq(
            answer.frame(Spoken::Typed),
            answer.frame(Spoken::Envelope)
        ));
        assert!(std::ptr::eq(
            answer.frame(Spoken::Raw),
            answer.frame(Spoken::Envelope)
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
    let (whole, text) = (place(Spoken::Envelope), place(Spoken::Raw));
    assert!(whole.contains(&text.start));
}

#[test]
fn members_of_several_codecs_are_written_to_side_by_side() {
    use Spoken::{Auto, Envelope, Raw, Typed};
    let messages = ["1", r#""two""#, "[3]"].map(event);
    for codec in [
        Envelope, Envelope, Raw, Raw, Typed, Typed, Auto, Envelope, Raw, Auto, Typed,
    ] {
        let (mut outbox, wire) = speaking(codec, usize::MAX);
        for message in &messages {
            assert_eq!(outbox.send(message), Delivery::Queued);
        }
        assert!(outbox.asks_for_flush());
        outbox.flush_beside();
        let expected = match codec {
            Envelope => ["1", r#""two""#, "[3]"]
                .map(|payload| format!(r#"{{"event":"e","payload":{payload}}}"#)),
            Typed => ["1", r#""two""#, "[3]"]
                .map(|payload| format!(r#"{{"type":"e","payload":{payload}}}"#)),
            Raw | Auto => ["1", "two", "[3]"].map(str::to_owned),
            Spoken::Custom(_) => unreachable!(),
        };
        assert_eq!((wire.texts(), wire.writes()), (expected.into(), 1));
    }
}

#[test]
fn what_waits_is_counted_as_its_client_reads_it() {
    for (codec, frame_bytes) in [
        (Spoken::Raw, 3),
        (Spoken::Auto, 3),
        (Spoken::Envelope, 27),
        (Spoken::Typed, 26),
    ] {
        let (mut outbox, _wire) = speaking(codec, 0);
        let message = event("7");
        let queued = (0..LIMIT).take_while(|_| outbox.send(&message) == Delivery::Queued);
        let cost = frame_bytes + crate::config::QUEUE_ENTRY_BYTES;
        assert_eq!(queued.count(), LIMIT / cost, "{codec:?}");
    }
}

/// Writes `event=payload`, and counts how often; `!` it cannot say.
struct Counting(Arc<AtomicUsize>);

impl Codec for Counting {
    fn decode(&self, _: codec::Message<'_>) -> Result<Incoming> {
        Err("it only writes".into())
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
        self.0.fetch_add(1, Ordering::Relaxed);
        match outgoing.payload.get() {
            r#""!""# => Err("it cannot say that".into()),
            r#""?""# => panic!("on purpose"),
            payload => Ok(format!("{}={payload}", outgoing.event).into()),
        }
    }
}

/// One codec, of the first route.
fn custom(codec: impl Codec) -> Customs {
    Customs::new(vec![Custom::new(codec)], vec![RouteNumber::default()])
}

/// A hub with one codec of the app's own, and how often that has encoded.
fn hub_with_a_custom() -> (Hub, Arc<AtomicUsize>) {
    let hub = Hub::new(128, drop);
    let encoded = Arc::<AtomicUsize>::default();
    hub.set_customs(custom(Counting(Arc::clone(&encoded))));
    (hub, encoded)
}

fn connect_speaking(hub: &Hub, number: u64, codec: Spoken) -> (Arc<Member>, Arc<TestWire>) {
    let (member, wire) = speaker(number, codec);
    let member = Arc::new(member);
    hub.register(&member);
    (member, wire)
}

fn speaker(number: u64, codec: Spoken) -> (Member, Arc<TestWire>) {
    let wire = TestWire::with_room(usize::MAX);
    let terms = Terms {
        codec,
        ..Arc::try_unwrap(terms(LIMIT)).expect("nobody else has them")
    };
    let writes_to = Arc::clone(&wire) as Arc<dyn Wire>;
    let member = Member::new(id(number), writes_to, Arc::new(terms), nobody());
    (member, wire)
}

fn owned(message: Arc<Message>) -> Message {
    Arc::try_unwrap(message).expect("nobody else has it")
}

#[test]
fn a_codec_of_the_apps_own_encodes_once_for_all_who_speak_it() {
    let (hub, encoded) = hub_with_a_custom();
    let custom = Spoken::Custom(0);
    let (ann, anns) = connect_speaking(&hub, 1, custom);
    let (bob, bobs) = connect_speaking(&hub, 2, custom);
    let (carl, carls) = connect_speaking(&hub, 3, Spoken::Typed);
    for member in [&ann, &bob, &carl] {
        hub.join(member, "lobby", None);
        hub.join(member, "garden", None);
    }
    // To a room, to everyone, and to several at once.
    let audiences = [
        Audience::room("lobby"),
        Audience::everyone(),
        {
            let mut both = Audience::room("lobby");
            both.add_room("garden");
            both
        },
        Audience::client(id(2)),
    ];
    for (number, audience) in audiences.into_iter().enumerate() {
        hub.deliver(&audience, owned(event(&number.to_string())));
        assert_eq!(encoded.load(Ordering::Relaxed), number + 1);
    }
    assert_eq!(anns.texts(), ["e=0", "e=1", "e=2"]);
    assert_eq!(bobs.texts(), ["e=0", "e=1", "e=2", "e=3"]);
    let typed = [0, 1, 2].map(|number| format!(r#"{{"type":"e","payload":{number}}}"#));
    assert_eq!(carls.texts(), typed);
}

#[test]
fn nothing_is_encoded_for_codecs_that_nobody_there_speaks() {
    let (hub, encoded) = hub_with_a_custom();
    let (ann, anns) = connect_speaking(&hub, 1, Spoken::Custom(0));
    let (bob, bobs) = connect_speaking(&hub, 2, Spoken::Envelope);
    hub.join(&bob, "lobby", None);
    hub.deliver(&Audience::room("lobby"), owned(event("1")));
    hub.join(&ann, "lobby", None);
    hub.leave(&ann, "lobby");
    hub.deliver(&Audience::room("lobby"), owned(event("2")));
    hub.deliver(&Audience::everyone(), Message::binary("3".into()));
    assert_eq!(encoded.load(Ordering::Relaxed), 0);
    assert_eq!(bobs.texts().len(), 2);
    assert_eq!(anns.frames().0, [(OpCode::Binary, b"3".to_vec())]);
}

#[test]
fn nothing_is_encoded_where_a_send_means_none_of_a_codecs_clients() {
    let (hub, encoded) = hub_with_a_custom();
    let (ann, anns) = connect_speaking(&hub, 1, Spoken::Custom(0));
    let bob = connect_by(&hub, 2, 1, Some("bob"));
    let carl = connect_by(&hub, 3, 1, None);
    for (member, room) in [
        (&ann, "shared"),
        (&bob.member, "shared"),
        (&bob.member, "lobby"),
        (&bob.member, "garden"),
        (&carl.member, "lobby"),
    ] {
        hub.join(member, room, None);
    }
    let rooms = |names: &[&str]| {
        let mut audience = Audience::default();
        names.iter().for_each(|name| audience.add_room(name));
        audience
    };
    let own_rooms = |member: &Arc<Member>| {
        let mut audience = Audience::default();
        audience.add_rooms_of(member);
        audience
    };
    let of_route = |mut audience: Audience, route: u32| {
        audience.narrow_to(RouteNumber(route));
        audience
    };
    let mut user = Audience::default();
    user.add_user("bob".to_owned());
    let without_ann = [
        Audience::client(id(2)),
        user,
        rooms(&["lobby", "garden"]),
        of_route(own_rooms(&carl.member), 1),
        of_route(rooms(&["shared"]), 1),
        of_route(Audience::everyone(), 1),
    ];
    for (number, audience) in without_ann.iter().enumerate() {
        assert!(hub.deliver(audience, owned(event("1"))).queued >= 1);
        assert_eq!(encoded.load(Ordering::Relaxed), 0, "send {number}");
    }
    let with_ann = [
        Audience::client(id(1)),
        rooms(&["shared", "lobby"]),
        own_rooms(&bob.member),
        of_route(rooms(&["shared"]), 0),
        of_route(Audience::everyone(), 0),
    ];
    for (number, audience) in with_ann.iter().enumerate() {
        hub.deliver(audience, owned(event("2")));
        assert_eq!(encoded.load(Ordering::Relaxed), number + 1);
    }
    assert_eq!(anns.texts(), ["e=2"; 5]);
}

#[test]
fn what_a_codec_cannot_say_its_clients_do_not_get() {
    let (hub, _) = hub_with_a_custom();
    let (_ann, anns) = connect_speaking(&hub, 1, Spoken::Custom(0));
    let (_bob, bobs) = connect_speaking(&hub, 2, Spoken::Raw);
    for payload in [r#""!""#, r#""?""#, "1"] {
        hub.deliver(&Audience::everyone(), owned(event(payload)));
    }
    assert_eq!(anns.texts(), ["e=1"]);
    assert_eq!(bobs.texts(), ["!", "?", "1"]);
}

#[test]
fn what_a_codec_of_the_apps_own_encodes_is_compressed_as_its_client_takes_it() {
    let (hub, encoded) = hub_with_a_custom();
    let mut wires = Vec::new();
    for (number, keeps_context) in [(1, false), (2, false), (3, true)] {
        let (member, wire) = speaker(number, Spoken::Custom(0));
        let deflation = deflation("permessage-deflate", keeps_context);
        hub.register(&Arc::new(member.compressing(deflation)));
        wires.push((wire, keeps_context));
    }
    let payload = format!("{:?}", long("text "));
    for _ in 0..2 {
        hub.deliver(&Audience::everyone(), owned(event(&payload)));
    }
    let text = format!("e={payload}");
    for (wire, keeps_context) in &wires {
        let expected = [(true, text.clone()), (true, text.clone())];
        assert_eq!(read(wire, *keeps_context), expected);
    }
    assert_eq!(encoded.load(Ordering::Relaxed), 2);
    let [one, other, kept] = [0, 1, 2].map(|at: usize| lock(&wires[at].0.0).written.clone());
    assert_eq!(one, other, "the same bytes");
    assert!(kept.len() < one.len(), "the second refers to the first");
}

#[test]
fn a_codec_runs_while_nobody_holds_a_lock() {
    /// Sends to everyone while it encodes.
    struct Chatty(Arc<OnceLock<Weak<Hub>>>);

    impl Codec for Chatty {
        fn decode(&self, _: codec::Message<'_>) -> Result<Incoming> {
            Err("it only writes".into())
        }

        fn encode(&self, _: &Outgoing<'_>) -> Result<Encoded> {
            let hub = self.0.get().and_then(Weak::upgrade).expect("a hub");
            let bytes = || Message::binary("b".into());
            hub.deliver(&Audience::everyone(), bytes());
            let mut both = Audience::room("lobby");
            both.add_room("garden");
            hub.deliver(&both, bytes());
            Ok(String::new().into())
        }
    }

    let place = Arc::<OnceLock<_>>::default();
    let hub = Arc::new(Hub::new(128, drop));
    hub.set_customs(custom(Chatty(Arc::clone(&place))));
    place.set(Arc::downgrade(&hub)).expect("it is set once");
    let (ann, anns) = connect_speaking(&hub, 1, Spoken::Custom(0));
    hub.join(&ann, "lobby", None);
    let mut both = Audience::room("lobby");
    both.add_room("garden");
    for audience in [Audience::everyone(), Audience::room("lobby"), both] {
        hub.deliver(&audience, owned(event("1")));
    }
    assert_eq!(
        anns.frames().0.len(),
        9,
        "its own bytes, and what it encoded"
    );
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_member_is_no_larger_for_its_codec() {
    assert!(size_of::<Member>() <= MEMBER_BYTES);
    assert!(size_of::<Message>() <= MESSAGE_BYTES);
}

/// What it took when there were two codecs: each idle client has one.
#[cfg(target_pointer_width = "64")]
const MEMBER_BYTES: usize = 224;

/// The same for a message, of which each send makes one.
#[cfg(target_pointer_width = "64")]
const MESSAGE_BYTES: usize = 232;
