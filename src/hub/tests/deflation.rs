//! Who gets a message compressed, and that it is compressed once.

use super::*;
use crate::proto::extension::{Grant, negotiate};
use crate::proto::inflate::Inflater;
use std::convert::Infallible;

/// What a client agrees on that offers this.
pub(super) fn deflation(offer: &str, context_takeover: bool) -> Deflation {
    let grant = Grant {
        context_takeover,
        window_bits: 15,
    };
    let agreed = negotiate(&[offer.as_bytes()], Some(&grant)).unwrap();
    Deflation::new(&agreed.expect("it can be met"), THRESHOLD)
}

fn connect_deflating(hub: &Hub, number: u64, deflation: Deflation) -> (Arc<Member>, Arc<TestWire>) {
    let wire = TestWire::with_room(usize::MAX);
    let member = Member::new(
        id(number),
        Arc::clone(&wire) as Arc<dyn Wire>,
        terms(LIMIT),
        nobody(),
    );
    let member = Arc::new(member.compressing(deflation));
    hub.register(&member);
    (member, wire)
}

fn alone() -> Deflation {
    deflation("permessage-deflate", false)
}

/// What came over a wire: whether each message was compressed, and what it says.
pub(super) fn read(wire: &TestWire, keeps_context: bool) -> Vec<(bool, String)> {
    let written = lock(&wire.0).written.clone();
    let (mut rest, mut messages) = (&written[..], Vec::new());
    let mut inflater = Inflater::new();
    while let Some(header) = frame::parse_server(rest).expect("frames") {
        let (payload, behind) = rest[header.len..].split_at(header.payload_len);
        rest = behind;
        let mut text = payload.to_vec();
        if header.is_deflated {
            text.clear();
            let mut sink = |piece: &[u8]| {
                text.extend_from_slice(piece);
                Ok(())
            };
            inflater.push(payload, &mut sink).expect("it inflates");
            inflater.finish(keeps_context, &mut sink).expect("it ends");
            if !keeps_context {
                inflater.reset();
            }
        }
        messages.push((header.is_deflated, String::from_utf8(text).expect("text")));
    }
    messages
}

pub(super) fn long(word: &str) -> String {
    word.repeat(THRESHOLD)
}

fn noise(bytes: usize) -> String {
    let mut noise = vec![0; bytes];
    getrandom::fill(&mut noise).unwrap();
    noise
        .iter()
        .map(|byte| char::from(b' ' + 1 + byte % 94))
        .collect()
}

#[test]
fn a_message_to_many_is_compressed_once_for_those_who_take_it() {
    let hub = Hub::new(128, drop);
    let (_plain, plain) = connect(&hub, 1);
    let deflating = [2, 3].map(|number| connect_deflating(&hub, number, alone()).1);
    hub.deliver(&Audience::everyone(), message(&long("news ")));
    assert_eq!(read(&plain, false), [(false, long("news "))]);
    for wire in &deflating {
        assert_eq!(read(wire, false), [(true, long("news "))]);
    }
    let [one, other] = deflating.map(|wire| lock(&wire.0).written.clone());
    assert_eq!(one, other, "the same bytes");
    let message = text(&long("news "));
    let form = message.deflated(Spoken::Envelope).expect("it gets shorter");
    assert!(
        Arc::ptr_eq(form, message.deflated(Spoken::Envelope).unwrap()),
        "made once"
    );
}

#[test]
fn each_codec_has_one_compressed_form() {
    let hub = Hub::new(128, drop);
    let (before, text) = (r#"{"event":"e","payload":"#, long("text "));
    let envelope = format!(r#"{before}"{text}"}}"#);
    let frame = frame::encode(OpCode::Text, envelope.as_bytes());
    let (start, end) = (frame.len() - text.len() - 3, frame.len() - 1);
    let name = start - r#""e","payload":"#.len()..start - r#","payload":"#.len();
    let event = || Message::event(frame.clone(), name.clone(), start..end);
    let mut wires = Vec::new();
    for (number, codec) in [Spoken::Envelope, Spoken::Raw, Spoken::Raw]
        .into_iter()
        .enumerate()
    {
        let wire = TestWire::with_room(usize::MAX);
        let terms = Arc::new(Terms {
            max_rooms: None,
            limit_bytes: LIMIT,
            slow_consumer: SlowConsumer::Disconnect,
            missing: Arc::default(),
            codec,
        });
        let member = Member::new(
            id(number as u64),
            Arc::clone(&wire) as Arc<dyn Wire>,
            terms,
            nobody(),
        );
        hub.register(&Arc::new(member.compressing(alone())));
        wires.push(wire);
    }
    hub.deliver(&Audience::everyone(), event());
    assert_eq!(read(&wires[0], false), [(true, envelope.clone())]);
    assert_eq!(read(&wires[1], false), [(true, text.clone())]);
    assert_eq!(read(&wires[2], false), [(true, text)]);
    let event = event();
    let forms = [Spoken::Envelope, Spoken::Raw].map(|codec| event.deflated(codec).unwrap());
    assert!(!Arc::ptr_eq(forms[0], forms[1]));
    assert!(Arc::ptr_eq(forms[1], event.deflated(Spoken::Raw).unwrap()));
}

#[test]
fn a_large_payload_that_lies_apart_is_compressed_too() {
    let hub = Hub::new(128, drop);
    let (_ann, wire) = connect_deflating(&hub, 1, alone());
    hub.deliver(
        &Audience::everyone(),
        Message::binary(vec![b'x'; 5000].into()),
    );
    assert_eq!(read(&wire, false), [(true, "x".repeat(5000))]);
}

#[test]
fn several_messages_of_one_moment_are_each_compressed() {
    let hub = Hub::new(128, drop);
    let (plain, plains) = connect(&hub, 1);
    let (deflating, deflatings) = connect_deflating(&hub, 2, alone());
    let (keeping, keepings) = connect_deflating(&hub, 3, deflation("permessage-deflate", true));
    for member in [&plain, &deflating, &keeping] {
        hub.join(member, "lobby", None);
    }
    let expected: Vec<_> = (0..5).map(|number| long(&format!("{number} "))).collect();
    let lobby = hub.room("lobby").expect("there is somebody in it");
    for text in &expected {
        assert!(lobby.send(Arc::new(message(text)), &[]).is_ok());
    }
    for member in lobby.settle() {
        member.flush_beside();
    }
    for (wire, is_deflated) in [(&plains, false), (&deflatings, true), (&keepings, true)] {
        let read = read(wire, is_deflated && Arc::ptr_eq(wire, &keepings));
        let forms: Vec<_> = expected
            .iter()
            .map(|text| (is_deflated, text.clone()))
            .collect();
        assert_eq!(read, forms);
        assert_eq!(wire.writes(), 1, "together");
    }
}

#[test]
fn short_messages_and_noise_stay_as_they_are() {
    let hub = Hub::new(128, drop);
    let (_ann, wire) = connect_deflating(&hub, 1, alone());
    let (short, enough) = ("x".repeat(THRESHOLD - 1), "x".repeat(THRESHOLD));
    let noise = noise(THRESHOLD + 1);
    for text in [&*short, &enough, &noise, ""] {
        hub.deliver(&Audience::everyone(), message(text));
    }
    let read = read(&wire, false);
    let forms: Vec<_> = read.iter().map(|(is_deflated, _)| *is_deflated).collect();
    assert_eq!(forms, [false, true, false, false]);
    assert_eq!(read[2].1, noise);
}

#[test]
fn a_control_frame_is_never_compressed() {
    let hub = Hub::new(128, drop);
    let payload = "x".repeat(125);
    for context in [false, true] {
        let deflation = deflation("permessage-deflate", context);
        let (ann, wire) = connect_deflating(&hub, 1 + u64::from(context), deflation);
        let ping = frame::encode(OpCode::Ping, payload.as_bytes());
        hub.send(&ann, Message::kept(ping));
        hub.send(
            &ann,
            Message::kept(frame::encode(OpCode::Text, payload.as_bytes())),
        );
        let forms: Vec<_> = read(&wire, context);
        assert_eq!(forms, [(false, payload.clone()), (true, payload.clone())]);
    }
}

#[test]
fn a_client_with_a_small_window_gets_compressed_what_fits_it() {
    let hub = Hub::new(128, drop);
    let small = deflation("permessage-deflate; server_max_window_bits=9", false);
    let (_ann, wire) = connect_deflating(&hub, 1, small);
    for length in [512, 513, 5000] {
        hub.deliver(&Audience::everyone(), message(&"x".repeat(length)));
    }
    let forms: Vec<_> = read(&wire, false).iter().map(|(form, _)| *form).collect();
    assert_eq!(forms, [true, false, false]);
}

#[test]
fn replies_of_a_turn_are_compressed_too() {
    let hub = Hub::new(128, drop);
    let (ann, wire) = connect_deflating(&hub, 1, alone());
    let turn = Turn::of(&ann);
    for text in ["short", &long("reply "), "short too"] {
        let frame = frame::encode(OpCode::Text, text.as_bytes());
        let replied = hub.reply(&ann, |replies| {
            replies.extend_from_slice(&frame);
            Ok::<_, Infallible>(())
        });
        assert_eq!(replied, Some(Ok(Delivery::Queued)));
    }
    drop(turn);
    assert_eq!(wire.writes(), 1);
    let expected = [
        (false, "short".to_owned()),
        (true, long("reply ")),
        (false, "short too".to_owned()),
    ];
    assert_eq!(read(&wire, false), expected);
}

#[test]
fn a_context_is_kept_over_replies_room_messages_and_plain_ones() {
    let hub = Hub::new(128, drop);
    let kept = deflation("permessage-deflate", true);
    let (ann, wire) = connect_deflating(&hub, 1, kept);
    let (_bob, bobs) = connect_deflating(&hub, 2, kept);
    let mut expected = Vec::new();
    for round in 0..5 {
        let _turn = Turn::of(&ann);
        let reply = long(&format!("reply {round}, "));
        let replied = hub.reply(&ann, |_| Ok::<_, Infallible>(()));
        assert_eq!(replied, None, "it would overtake what is queued");
        hub.send(&ann, message(&reply));
        hub.deliver(&Audience::everyone(), message(&long("to all ")));
        hub.send(&ann, message("short"));
        expected.extend([
            (true, reply),
            (true, long("to all ")),
            (false, "short".to_owned()),
        ]);
    }
    assert_eq!(read(&wire, true), expected);
    assert_eq!(read(&bobs, true), vec![(true, long("to all ")); 5]);
    let bytes = lock(&bobs.0).written.len();
    assert!(
        bytes < 50 + 4 * 20,
        "later ones refer to the first: {bytes}"
    );
}

#[test]
fn what_was_compressed_in_a_context_goes_out_or_the_client_goes() {
    let wire = TestWire::with_room(0);
    let deflation = deflation("permessage-deflate", true);
    let drop_newest = policy(SlowConsumer::DropNewest);
    let member = Member::new(
        id(1),
        Arc::clone(&wire) as Arc<dyn Wire>,
        drop_newest,
        nobody(),
    );
    let member = Arc::new(member.compressing(deflation));
    let hub = Hub::new(128, drop);
    hub.register(&member);
    let mut sent = Vec::new();
    for number in 0..100 {
        let text = noise(THRESHOLD) + &number.to_string();
        if hub.send(&member, message(&text)) == Delivery::Queued {
            sent.push((true, text));
        }
    }
    assert!((2..100).contains(&sent.len()), "{}", sent.len());
    wire.make_room(usize::MAX);
    member.flush().unwrap();
    hub.send(&member, message(&long("at last ")));
    sent.push((true, long("at last ")));
    assert_eq!(read(&wire, true), sent);
}

#[test]
fn the_latest_replaces_its_older_self_compressed_or_not() {
    let wire = TestWire::with_room(0);
    let latest = policy(SlowConsumer::Latest);
    let member = Member::new(id(1), Arc::clone(&wire) as Arc<dyn Wire>, latest, nobody());
    let member = Arc::new(member.compressing(alone()));
    let hub = Hub::new(128, drop);
    hub.register(&member);
    hub.send(&member, message("first"));
    member.flush().unwrap();
    for number in 0..10 {
        for (event, body) in [("price", long("7 ")), ("score", "1".to_owned())] {
            let text = format!("{event} {body}{number}");
            let frame = frame::encode(OpCode::Text, text.as_bytes());
            let name = frame.len() - text.len()..frame.len() - text.len() + event.len();
            hub.send(&member, Message::event(frame, name, 0..0));
        }
    }
    wire.make_room(usize::MAX);
    member.flush().unwrap();
    let expected = [
        (false, "first".to_owned()),
        (true, format!("price {}9", long("7 "))),
        (false, "score 19".to_owned()),
    ];
    assert_eq!(read(&wire, false), expected);
}

const THRESHOLD: usize = 100;
