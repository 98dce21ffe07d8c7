//! RFC 6455 from below: each byte is the test's own, and every violation is answered
//! with the right close frame and a FIN, never with a dropped connection.

mod common;

use common::raw::{
    BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, RawClient, TEXT, announced, masked,
    upgrade_request,
};
use common::{App, Gate, start, start_with, within};
use orcs::prelude::*;
use tokio::sync::mpsc;

const PATH: &str = "/ws/echo";
const LIMIT: usize = 1000;

/// Answers each text with the number of its bytes; `wait` waits for the gate.
fn echo(gate: Gate) -> Route {
    ws(PATH)
        .on("length", async |_client, text: String| Reply(text.len()))
        .on("wait", async move |client, ()| {
            gate.pass().await;
            client.send("waited", &());
        })
}

async fn app() -> App {
    start_with(echo(Gate::shut()), |config| {
        config.max_payload_bytes = LIMIT;
    })
    .await
}

async fn connected() -> (App, RawClient) {
    let app = app().await;
    let client = RawClient::connect(&app, PATH).await;
    (app, client)
}

/// Sends each of these on a connection of its own, with more bytes behind it, and
/// checks how it is closed.
async fn each_closes_with<const N: usize>(code: u16, violations: [(&str, Vec<u8>); N]) {
    let app = app().await;
    for (what, bytes) in violations {
        for behind in [0, 300_000] {
            let mut client = RawClient::connect(&app, PATH).await;
            client
                .send([bytes.clone(), vec![0x81; behind]].concat())
                .await;
            let (closed, reason) = client.closed().await;
            assert_eq!(closed, code, "{what}, {behind} bytes behind it: {reason}");
            assert!(!reason.is_empty(), "{what}");
        }
    }
    app.empties().await;
}

/// An envelope of exactly this many bytes, and the answer to it.
fn envelope(bytes: usize) -> (String, String) {
    let empty = r#"{"event":"length","payload":"","id":1}"#.len();
    let text = "x".repeat(bytes - empty);
    (
        format!(r#"{{"event":"length","payload":"{text}","id":1}}"#),
        format!(r#"{{"event":"orcs:ack","payload":{},"id":1}}"#, text.len()),
    )
}

const HELLO: &[u8] = br#"{"event":"length","payload":"hello","id":1}"#;
const HELLO_ANSWER: &str = r#"{"event":"orcs:ack","payload":5,"id":1}"#;

#[tokio::test]
async fn what_the_rfc_forbids_closes_with_1002() {
    let unmasked = [&[FIN | TEXT, HELLO.len() as u8], HELLO].concat();
    let mut stray = masked(FIN | TEXT, HELLO);
    stray.extend(masked(FIN | CONTINUATION, b"x"));
    each_closes_with(
        1002,
        [
            ("an unmasked text", unmasked),
            ("an unmasked ping", vec![FIN | PING, 0]),
            ("RSV1", masked(FIN | 0x40 | TEXT, HELLO)),
            ("RSV2", masked(FIN | 0x20 | TEXT, HELLO)),
            ("RSV3", masked(FIN | 0x10 | TEXT, HELLO)),
            ("RSV1 on a ping", masked(FIN | 0x40 | PING, b"")),
            ("opcode 3", masked(FIN | 0x3, b"")),
            ("opcode 7", masked(FIN | 0x7, b"")),
            ("opcode 11", masked(FIN | 0xB, b"")),
            ("opcode 15", masked(FIN | 0xF, b"")),
            ("a fragmented ping", masked(PING, b"x")),
            ("a fragmented close", masked(CLOSE, &1000_u16.to_be_bytes())),
            ("a long ping", masked(FIN | PING, &[b'x'; 126])),
            ("a length in a longer form", {
                let mut bytes = vec![FIN | TEXT, 0x80 | 126, 0, 5];
                bytes.extend([0; 9]);
                bytes
            }),
            (
                "a continuation of nothing",
                masked(FIN | CONTINUATION, b"x"),
            ),
            (
                "an unfinished continuation of nothing",
                masked(CONTINUATION, b""),
            ),
            ("a message inside a message", {
                [masked(TEXT, b"{"), masked(FIN | TEXT, HELLO)].concat()
            }),
            ("a length of 2^63", announced(FIN | TEXT, 1 << 63)),
            ("a close with one byte", masked(FIN | CLOSE, &[3])),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_continuation_behind_a_whole_message_closes_with_1002() {
    let (_app, mut client) = connected().await;
    client.send(masked(FIN | TEXT, HELLO)).await;
    client.send(masked(FIN | CONTINUATION, b"x")).await;
    assert_eq!(client.text().await, HELLO_ANSWER);
    assert_eq!(client.closed().await.0, 1002);
}

#[tokio::test]
async fn a_close_code_nobody_may_send_closes_with_1002() {
    let app = app().await;
    for code in [
        0_u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ] {
        let mut client = RawClient::connect(&app, PATH).await;
        client.send(masked(FIN | CLOSE, &code.to_be_bytes())).await;
        assert_eq!(client.closed().await.0, 1002, "{code}");
    }
}

#[tokio::test]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let close = |reason: &[u8]| masked(FIN | CLOSE, &[&1000_u16.to_be_bytes(), reason].concat());
    each_closes_with(
        1007,
        [
            ("a wrong byte", masked(FIN | TEXT, b"{\"event\":\"\xff\"}")),
            ("a surrogate", masked(FIN | TEXT, b"\"\xed\xa0\x80\"")),
            ("an overlong slash", masked(FIN | TEXT, b"\xc0\xaf")),
            ("beyond Unicode", masked(FIN | TEXT, b"\xf4\x90\x80\x80")),
            ("half a character", masked(FIN | TEXT, b"\"\xe2\x82")),
            ("half a character, then another", {
                [
                    masked(TEXT, b"\"\xe2\x82"),
                    masked(FIN | CONTINUATION, b"x\""),
                ]
                .concat()
            }),
            ("half a character at the end of the last fragment", {
                [
                    masked(TEXT, b"\""),
                    masked(FIN | CONTINUATION, b"\xf0\x9f\x98"),
                ]
                .concat()
            }),
            ("a close reason", close(b"bye \xff")),
            ("half a character in a close reason", close(b"\xe2\x82")),
        ],
    )
    .await;
}

#[tokio::test]
async fn wrong_text_is_answered_before_its_message_ends() {
    let (_app, mut client) = connected().await;
    client.send(masked(TEXT, b"\"\xff")).await;
    assert_eq!(client.closed().await.0, 1007);
}

#[tokio::test]
async fn wrong_text_is_answered_before_its_frame_ends() {
    let (_app, mut client) = connected().await;
    let text = [&[b'x'; 100][..], b"\xff", &[b'x'; 800]].concat();
    let frame = masked(FIN | TEXT, &text);
    client.send(&frame[..200]).await;
    assert_eq!(client.closed().await.0, 1007);
}

#[tokio::test]
async fn a_character_may_be_cut_by_fragments() {
    let (_app, mut client) = connected().await;
    let text = r#"{"event":"length","payload":"€😀","id":1}"#.as_bytes();
    for byte in &text[..1] {
        client.send(masked(TEXT, &[*byte])).await;
    }
    for byte in &text[1..] {
        client.send(masked(CONTINUATION, &[*byte])).await;
    }
    client.send(masked(FIN | CONTINUATION, b"")).await;
    assert_eq!(
        client.text().await,
        r#"{"event":"orcs:ack","payload":7,"id":1}"#
    );
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009_at_its_header() {
    // Nothing of the payloads is ever sent.
    each_closes_with(
        1009,
        [
            ("one byte too many", announced(FIN | TEXT, LIMIT as u64 + 1)),
            ("in a fragment", announced(TEXT, LIMIT as u64 + 1)),
            ("binary", announced(FIN | BINARY, 1 << 20)),
            ("2^32", announced(FIN | TEXT, 1 << 32)),
            ("2^40", announced(FIN | TEXT, 1 << 40)),
            ("2^63 - 1", announced(FIN | TEXT, (1 << 63) - 1)),
            ("the last of two fragments", {
                let half = vec![b' '; LIMIT / 2];
                [
                    masked(TEXT, &half),
                    announced(FIN | CONTINUATION, LIMIT as u64 / 2 + 1),
                ]
                .concat()
            }),
            ("the fragment behind a full message", {
                [masked(TEXT, &[b' '; LIMIT]), announced(CONTINUATION, 1)].concat()
            }),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_passes() {
    let (_app, mut client) = connected().await;
    let (text, answer) = envelope(LIMIT);
    client.send_text(&text).await;
    assert_eq!(client.text().await, answer);

    let (first, second) = text.as_bytes().split_at(LIMIT / 3);
    client.send(masked(TEXT, first)).await;
    client.send(masked(CONTINUATION, b"")).await;
    client.send(masked(FIN | CONTINUATION, second)).await;
    assert_eq!(client.text().await, answer);
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let (_app, mut client) = connected().await;
    for payload in [&b""[..], b"hello", &[0xff; 125]] {
        client.send(masked(FIN | PING, payload)).await;
        assert_eq!(client.frame().await, Frame::new(PONG, payload));
    }
}

#[tokio::test]
async fn a_ping_between_fragments_is_answered_at_once() {
    let (_app, mut client) = connected().await;
    let (first, second) = HELLO.split_at(10);
    client.send(masked(TEXT, first)).await;
    client.send(masked(FIN | PING, b"still there?")).await;
    assert_eq!(client.frame().await, Frame::new(PONG, *b"still there?"));
    client.send(masked(FIN | PONG, b"unasked")).await;
    client.send(masked(FIN | CONTINUATION, second)).await;
    assert_eq!(client.text().await, HELLO_ANSWER);
}

#[tokio::test]
async fn a_ping_is_answered_while_a_handler_runs() {
    let gate = Gate::shut();
    let app = start(echo(gate.clone())).await;
    let mut client = RawClient::connect(&app, PATH).await;
    client.send_text(r#"{"event":"wait"}"#).await;
    client.send(masked(FIN | PING, b"1")).await;
    assert_eq!(client.frame().await, Frame::new(PONG, *b"1"));
    gate.open();
    assert_eq!(client.text().await, r#"{"event":"waited","payload":null}"#);
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_and_then_the_connection_ends() {
    let app = app().await;
    for code in [1000_u16, 1001, 1008, 1011, 1014, 3000, 4000, 4999] {
        let mut client = RawClient::connect(&app, PATH).await;
        let body = [&code.to_be_bytes()[..], "bye €".as_bytes()].concat();
        client.send(masked(FIN | CLOSE, &body)).await;
        assert_eq!(client.closed().await.0, code);
    }
    let mut client = RawClient::connect(&app, PATH).await;
    client.send(masked(FIN | CLOSE, b"")).await;
    assert_eq!(client.frame().await, Frame::new(CLOSE, b""));
    assert_eq!(client.next().await, None);
    drop(client);
    app.empties().await;
}

#[tokio::test]
async fn what_stands_before_a_close_is_answered_and_what_stands_behind_it_is_not() {
    let (ends, mut ended) = mpsc::unbounded_channel();
    let app = start(echo(Gate::shut()).disconnect(async move |_client, close| {
        ends.send((close.code, close.reason))
            .expect("the test listens");
    }))
    .await;
    let mut client = RawClient::connect(&app, PATH).await;
    let mut bytes = masked(FIN | TEXT, HELLO);
    bytes.extend(masked(
        FIN | CLOSE,
        &[&1000_u16.to_be_bytes(), &b"done"[..]].concat(),
    ));
    bytes.extend(masked(FIN | TEXT, HELLO));
    bytes.extend(masked(FIN | PING, b"?"));
    bytes.extend(masked(FIN | CLOSE, &1001_u16.to_be_bytes()));
    client.send(bytes).await;
    assert_eq!(client.text().await, HELLO_ANSWER);
    assert_eq!(client.closed().await.0, 1000);
    assert_eq!(within(ended.recv()).await, Some((1000, "done".to_owned())));
}

#[tokio::test]
async fn frames_right_behind_the_handshake_are_handled() {
    let app = app().await;
    let mut client = RawClient::tcp(app.address).await;
    let mut bytes = upgrade_request(PATH, "").into_bytes();
    bytes.extend(masked(FIN | PING, b"early"));
    for _ in 0..50 {
        bytes.extend(masked(FIN | TEXT, HELLO));
    }
    let (now, later) = bytes.split_at(bytes.len() - 20);
    client.send(now).await;
    let answer = client.answer().await.expect("an answer");
    assert_eq!(answer.status, 101);
    assert_eq!(client.frame().await, Frame::new(PONG, *b"early"));
    client.send(later).await;
    for _ in 0..50 {
        assert_eq!(client.text().await, HELLO_ANSWER);
    }
}

#[tokio::test]
async fn a_violation_right_behind_the_handshake_is_answered() {
    let app = app().await;
    let mut client = RawClient::tcp(app.address).await;
    let mut bytes = upgrade_request(PATH, "").into_bytes();
    bytes.extend([FIN | TEXT, 0]);
    client.send(bytes).await;
    assert_eq!(client.answer().await.expect("an answer").status, 101);
    assert_eq!(client.closed().await.0, 1002);
}

#[tokio::test]
async fn bytes_may_come_one_at_a_time() {
    let app = app().await;
    let mut client = RawClient::tcp(app.address).await;
    let (text, answer) = envelope(200);
    let mut bytes = upgrade_request(PATH, "").into_bytes();
    bytes.extend(masked(FIN | PING, b"slow"));
    bytes.extend(masked(FIN | TEXT, text.as_bytes()));
    bytes.extend(masked(FIN | CLOSE, &1000_u16.to_be_bytes()));
    for byte in bytes {
        client.send([byte]).await;
        // Lets the server read this one before the next comes.
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer().await.expect("an answer").status, 101);
    assert_eq!(client.frame().await, Frame::new(PONG, *b"slow"));
    assert_eq!(client.text().await, answer);
    assert_eq!(client.closed().await.0, 1000);
}

#[tokio::test]
async fn a_close_frame_can_be_read_behind_a_megabyte_that_nobody_wanted() {
    let app = app().await;
    for _ in 0..10 {
        let mut client = RawClient::connect(&app, PATH).await;
        let mut bytes = masked(FIN | CONTINUATION, b"stray");
        bytes.resize(1 << 20, 0);
        client.send(bytes).await;
        // By now the server has closed; what comes later must not reset it either.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        client.send([0; 1000]).await;
        assert_eq!(client.closed().await.0, 1002);
    }
}
