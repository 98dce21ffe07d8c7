//! The same bytes through another implementation: tungstenite.

use super::streams::{Client, Sent, cut, lengths, sent, stream};
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::io::{self, Cursor, Read, Write};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame, coding};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self as theirs, Error, WebSocket};

/// A stream in memory: what is to be read, and what was written.
struct Memory {
    unread: Cursor<Vec<u8>>,
    written: Vec<u8>,
}

impl Read for Memory {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.unread.read(buffer)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tungstenite at one end, over these bytes.
fn at(role: Role, bytes: &[u8], limit: usize) -> WebSocket<Memory> {
    let memory = Memory {
        unread: Cursor::new(bytes.to_vec()),
        written: Vec::new(),
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(limit))
        // It counts for control frames too.
        .max_frame_size(Some(limit.max(125)));
    WebSocket::from_raw_socket(memory, role, Some(config))
}

/// What tungstenite reads of these bytes: messages, and the error that ends them. None at
/// the end of the bytes, or behind a close frame.
fn read(role: Role, bytes: &[u8], limit: usize) -> (Vec<Message>, Option<Error>) {
    let mut socket = at(role, bytes, limit);
    let mut messages = Vec::new();
    loop {
        messages.push(match socket.read() {
            Ok(theirs::Message::Text(text)) => Message::Text(text.to_string()),
            Ok(theirs::Message::Binary(bytes)) => Message::Binary(bytes.to_vec()),
            Ok(theirs::Message::Ping(bytes)) => Message::Ping(bytes.to_vec()),
            Ok(theirs::Message::Pong(bytes)) => Message::Pong(bytes.to_vec()),
            Ok(theirs::Message::Close(close)) => {
                let close = close.map_or((1005, String::new()), |close| {
                    (close.code.into(), close.reason.to_string())
                });
                messages.push(Message::Close(close.0, close.1));
                return (messages, None);
            }
            Ok(theirs::Message::Frame(frame)) => unreachable!("{frame:?} was not asked for"),
            Err(Error::Protocol(theirs::error::ProtocolError::ResetWithoutClosingHandshake)) => {
                return (messages, None);
            }
            Err(error) => return (messages, Some(error)),
        });
    }
}

/// As tungstenite writes it at the client's end.
fn written(sent: &[Sent]) -> (Vec<u8>, Vec<Message>) {
    let mut socket = at(Role::Client, &[], ROOMY);
    let mut expected = Vec::new();
    for (message, _, cuts, controls) in sent {
        let (mut opcode, payload) = match message {
            Message::Text(text) => (Data::Text, text.as_bytes()),
            Message::Binary(bytes) => (Data::Binary, &bytes[..]),
            other => unreachable!("{other:?} is not data"),
        };
        let mut write = |frame| {
            let frame = theirs::Message::Frame(frame);
            socket.send(frame).expect("it is written");
        };
        let mut cuts: Vec<_> = (cuts.iter())
            .map(|cut| cut.index(payload.len() + 1))
            .collect();
        cuts.sort_unstable();
        let mut start = 0;
        for (end, control) in cuts.into_iter().zip(controls) {
            let part = payload[start..end].to_vec();
            write(Frame::message(part, coding::OpCode::Data(opcode), false));
            match control {
                Some(Message::Ping(body)) => write(Frame::ping(body.clone())),
                Some(Message::Pong(body)) => write(Frame::pong(body.clone())),
                _ => {}
            }
            expected.extend(control.clone());
            (start, opcode) = (end, Data::Continue);
        }
        let part = payload[start..].to_vec();
        write(Frame::message(part, coding::OpCode::Data(opcode), true));
        expected.push(message.clone());
    }
    (socket.get_ref().written.clone(), expected)
}

/// What tungstenite lets pass, although the RFC forbids it.
fn passes_there(ours: &Violation) -> bool {
    matches!(
        ours,
        Violation::Protocol(
            "payload length is not in its shortest form"
                | "payload length has its top bit set"
                | "close code is not one a client may send",
        )
    )
}

/// Whether two verdicts are as good as one. A frame may break two rules, and which one is
/// told is nowhere fixed.
fn are_alike(ours: &Violation, theirs: &Error) -> bool {
    match ours {
        Violation::Utf8 => matches!(theirs, Error::Utf8(_) | Error::Capacity(_)),
        Violation::TooLarge { .. } | Violation::Protocol(_) => {
            matches!(theirs, Error::Protocol(_) | Error::Capacity(_))
        }
        Violation::Deflate => false,
    }
}

proptest! {
    #[test]
    fn what_tungstenite_writes_is_what_comes_out(
        sent in vec(sent(), 1..6), lengths in lengths(),
    ) {
        let (bytes, expected) = written(&sent);
        let messages = feed_all(&mut Decoder::new(ROOMY, Compressed::Refused), cut(&bytes, &lengths)).unwrap();
        prop_assert!(messages == expected);
    }

    #[test]
    fn what_we_write_is_what_tungstenite_reads(
        sent in vec(sent(), 1..6),
        controls in vec((any::<bool>(), vec(any::<u8>(), 0..=125)), 0..3),
        code in prop::option::of(prop_oneof![Just(1000u16), 3000u16..5000]),
        reason in ".{0,60}",
    ) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for (message, appends, ..) in sent {
            let (opcode, payload) = match &message {
                Message::Text(text) => (OpCode::Text, text.as_bytes()),
                Message::Binary(bytes) => (OpCode::Binary, &bytes[..]),
                other => unreachable!("{other:?} is not data"),
            };
            if appends {
                frame::append(opcode, &mut bytes, |buffer| buffer.extend_from_slice(payload));
            } else {
                bytes.extend(frame::seal(opcode, [&[0; frame::HEAD_ROOM], payload].concat()));
            }
            expected.push(message);
        }
        for (is_ping, body) in controls {
            let opcode = if is_ping { OpCode::Ping } else { OpCode::Pong };
            bytes.extend(frame::encode(opcode, &body));
            expected.push(if is_ping { Message::Ping(body) } else { Message::Pong(body) });
        }
        if let Some(code) = code {
            bytes.extend(frame::close(code, &reason));
            let reason = crate::close::cut(&reason, 123).to_owned();
            expected.push(Message::Close(code, reason));
        }
        let (messages, error) = read(Role::Client, &bytes, ROOMY);
        prop_assert!(error.is_none(), "{error:?}");
        prop_assert!(messages == expected);
    }

    #[test]
    fn the_verdict_on_a_broken_stream_is_tungstenites(
        sent in vec(sent(), 1..4),
        key: [u8; 4],
        damage in vec((any::<Index>(), any::<u8>()), 0..3),
        early in vec((0usize..40, any::<u8>()), 0..3),
        limit in prop_oneof![Just(ROOMY), 0usize..400, 10_000usize..70_000],
    ) {
        let (mut bytes, _) = stream(Client::Plain, &sent, key);
        bytes.extend(frame(OpCode::Close, b"\x03\xe8"));
        let damage = damage.into_iter().map(|(at, byte)| (at.index(bytes.len()), byte));
        // Most headers stand at the beginning.
        let damage: Vec<_> = damage.chain(early).collect();
        for (at, byte) in damage {
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        let (their_messages, their_error) = read(Role::Server, &bytes, limit);
        let mut our_messages = Vec::new();
        let mut decoder = Decoder::new(limit, Compressed::Refused);
        let mut input = &mut bytes[..];
        let our_error = loop {
            match decoder.next(&mut input) {
                Ok(Some(Incoming::Fragment)) => {}
                Ok(Some(incoming)) => {
                    let is_last = matches!(incoming, Incoming::Close { .. });
                    our_messages.push(Message::from(incoming));
                    if is_last {
                        break None;
                    }
                }
                Ok(None) => break None,
                Err(violation) => break Some(violation),
            }
        };
        // How tungstenite tells a code that was registered after the RFC, 1012 to 1014.
        let unknown = Message::Close(1002, "Protocol violation".into());
        if their_messages.last() == Some(&unknown)
            && let Some(Message::Close(1012..=1014, _)) = our_messages.last()
        {
            our_messages.pop();
            our_messages.push(unknown);
        }
        // It stops at a close frame, or where a frame is not all there.
        let is_cut = !matches!(their_messages.last(), Some(Message::Close(..)));
        match (&our_error, &their_error) {
            (Some(ours), _) if passes_there(ours) => {
                prop_assert!(their_messages.starts_with(&our_messages));
            }
            (Some(ours), Some(theirs)) => {
                prop_assert!(are_alike(ours, theirs), "{ours:?}, {theirs:?}");
                prop_assert!(our_messages == their_messages, "{ours:?}, {theirs:?}");
            }
            (Some(ours), None) => {
                prop_assert!(is_cut, "we refuse what is right: {ours:?}");
                prop_assert!(our_messages == their_messages, "{ours:?}");
            }
            (None, None) => prop_assert!(our_messages == their_messages, "{our_messages:?}, {their_messages:?}"),
            (None, Some(theirs)) => prop_assert!(false, "we accept what is {theirs:?}"),
        }
    }
}

#[test]
fn close_codes_are_told_alike() {
    for code in [1000, 1001, 1003, 1007, 1011, 3000, 4999] {
        let mut socket = at(Role::Client, &[], ROOMY);
        let close = CloseFrame {
            code: CloseCode::from(code),
            reason: "bye €".into(),
        };
        socket.close(Some(close)).expect("it is written");
        let bytes = socket.get_ref().written.clone();
        let messages = feed(&mut Decoder::new(ROOMY, Compressed::Refused), &bytes).unwrap();
        assert_eq!(messages, [Message::Close(code, "bye €".into())]);
    }
}
