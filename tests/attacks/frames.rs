//! Frames that RFC 6455 forbids, and those that only cost.

use crate::common::raw::{
    BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, RawClient, TEXT, announced, masked,
};
use crate::kit::{Attack, MIB};
use crate::server::OPEN;

const HELLO: &[u8] = br#"{"event":"echo","payload":"hello","id":1}"#;
const HELLO_ANSWER: &str = r#"{"event":"orcs:ack","payload":"hello","id":1}"#;

const LIMIT: usize = 64 << 10;
const SMALL: &[(&str, &str)] = &[("WS_MAX_PAYLOAD_LENGTH", "65536")];

/// Sends each of these on connections of its own, some alone and some with a lot behind it,
/// and checks that it is told why it is closed.
async fn each_closes_with<const N: usize>(
    attack: &Attack,
    code: u16,
    violations: [(&str, Vec<u8>); N],
) {
    for (what, bytes) in violations {
        for behind in [0, 0, 0, 100_000, 300_000] {
            let mut client = attack.connect(OPEN).await;
            let more = vec![0x81; behind];
            client.send([bytes.clone(), more].concat()).await;
            let (closed, reason) = client.closed().await;
            assert_eq!(closed, code, "{what}: {reason}");
            assert!(!reason.is_empty(), "{what}");
        }
    }
}

fn closing(code: u16, reason: &[u8]) -> Vec<u8> {
    masked(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}

#[tokio::test]
async fn what_the_rfc_forbids_closes_with_1002() {
    let attack = Attack::begin("forbidden frames", &[]).await;
    let frames = [
        ("an unmasked text", {
            [&[FIN | TEXT, HELLO.len() as u8], HELLO].concat()
        }),
        ("an unmasked ping", vec![FIN | PING, 0]),
        (
            "RSV1 without an extension",
            masked(FIN | 0x40 | TEXT, HELLO),
        ),
        ("RSV2", masked(FIN | 0x20 | TEXT, HELLO)),
        ("RSV3", masked(FIN | 0x10 | TEXT, HELLO)),
        ("opcode 3", masked(FIN | 0x3, b"")),
        ("opcode 7", masked(FIN | 0x7, b"")),
        ("opcode 11", masked(FIN | 0xB, b"")),
        ("opcode 15", masked(FIN | 0xF, b"")),
        ("a fragmented ping", masked(PING, b"x")),
        ("a fragmented close", masked(CLOSE, &1000_u16.to_be_bytes())),
        ("a long ping", masked(FIN | PING, &[b'x'; 126])),
        ("a ping of 2^40 bytes", announced(FIN | PING, 1 << 40)),
        (
            "a continuation of nothing",
            masked(FIN | CONTINUATION, b"x"),
        ),
        ("a message inside a message", {
            [masked(TEXT, b"{"), masked(FIN | TEXT, HELLO)].concat()
        }),
        ("a length in a longer form", {
            vec![FIN | TEXT, 0x80 | 126, 0, 1, 0, 0, 0, 0, b'x']
        }),
        ("a length of 2^63", announced(FIN | TEXT, 1 << 63)),
        ("a length of 2^64 - 1", announced(FIN | TEXT, u64::MAX)),
        ("a close with one byte", masked(FIN | CLOSE, &[3])),
    ];
    each_closes_with(&attack, 1002, frames).await;
    for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, u16::MAX] {
        each_closes_with(&attack, 1002, [("a close code", closing(code, b""))]).await;
    }
    attack.ends("1002", 4 * MIB).await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let attack = Attack::begin("text that is not UTF-8", &[]).await;
    let frames = [
        ("a wrong byte", masked(FIN | TEXT, b"{\"event\":\"\xff\"}")),
        ("a surrogate", masked(FIN | TEXT, b"\"\xed\xa0\x80\"")),
        ("an overlong slash", masked(FIN | TEXT, b"\xc0\xaf")),
        ("beyond Unicode", masked(FIN | TEXT, b"\xf4\x90\x80\x80")),
        ("half a character", masked(FIN | TEXT, b"\"\xe2\x82")),
        ("over two fragments", {
            [masked(TEXT, b"\xe2\x82"), masked(FIN | CONTINUATION, b"x")].concat()
        }),
        ("in a message that never ends", masked(TEXT, b"\xff")),
        ("in a close reason", closing(1000, b"bye \xff")),
        ("cut in a close reason", closing(1000, b"\xe2\x82")),
    ];
    each_closes_with(&attack, 1007, frames).await;
    attack.ends("1007", 4 * MIB).await;
}

#[tokio::test]
async fn bytes_where_nobody_takes_them_close_with_1003() {
    let attack = Attack::begin("bytes for JSON", &[]).await;
    let frames = [
        ("none", masked(FIN | BINARY, b"")),
        ("some", masked(FIN | BINARY, HELLO)),
        ("many", masked(FIN | BINARY, &[0; 50_000])),
    ];
    each_closes_with(&attack, 1003, frames).await;
    attack.ends("1003", 4 * MIB).await;
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009_at_its_header() {
    let attack = Attack::begin("oversize", SMALL).await;
    // Nothing of what is announced is ever sent.
    let over = LIMIT as u64 + 1;
    let half = vec![b' '; LIMIT / 2];
    let frames = [
        ("one byte too many", announced(FIN | TEXT, over)),
        ("in a fragment", announced(TEXT, over)),
        ("bytes", announced(FIN | BINARY, over)),
        ("2^32", announced(FIN | TEXT, 1 << 32)),
        ("2^40", announced(FIN | TEXT, 1 << 40)),
        ("2^63 - 1", announced(FIN | TEXT, (1 << 63) - 1)),
        ("the last of two fragments", {
            let last = announced(FIN | CONTINUATION, LIMIT as u64 / 2 + 1);
            [masked(TEXT, &half), last].concat()
        }),
        ("one byte behind a full message", {
            [masked(TEXT, &[b' '; LIMIT]), announced(CONTINUATION, 1)].concat()
        }),
    ];
    each_closes_with(&attack, 1009, frames).await;
    attack.ends("1009", 4 * MIB).await;
}

#[tokio::test]
async fn what_comes_behind_a_close_is_ignored() {
    let attack = Attack::begin("messages after close", &[]).await;
    for _ in 0..50 {
        let mut client = attack.connect(OPEN).await;
        let mut bytes = masked(FIN | TEXT, HELLO);
        bytes.extend(closing(1000, b"done"));
        bytes.extend(masked(FIN | TEXT, HELLO).repeat(1000));
        bytes.extend(masked(FIN | PING, b"?"));
        bytes.extend(closing(1001, b""));
        client.send(bytes).await;
        assert_eq!(client.text().await, HELLO_ANSWER);
        assert_eq!(client.closed().await.0, 1000);
    }
    attack.ends("one answer, then 1000", 4 * MIB).await;
}

#[tokio::test]
async fn fragments_of_one_byte_and_of_none_are_one_message() {
    let attack = Attack::begin("200,000 tiny fragments", &[]).await;
    let mut client = attack.connect(OPEN).await;
    client.send(masked(TEXT, &HELLO[..1])).await;
    for _ in 0..100 {
        client.send(masked(CONTINUATION, b" ").repeat(1000)).await;
        client.send(masked(CONTINUATION, b"").repeat(1000)).await;
    }
    client.send(masked(FIN | CONTINUATION, &HELLO[1..])).await;
    assert_eq!(client.text().await, HELLO_ANSWER);
    drop(client);
    attack.ends("answered", 4 * MIB).await;
}

/// Sends a batch of pings again and again, and reads nothing until it is told to.
async fn pings(client: &mut RawClient, batches: usize) {
    let batch = masked(FIN | PING, &[b'x'; 125]).repeat(1000);
    for _ in 0..batches {
        client.send(&batch).await;
    }
}

#[tokio::test]
async fn a_flood_of_pings_that_nobody_reads_owes_one_pong() {
    // Where it is not closed for sending so many.
    let settings = [("WS_CONTROL_RATE_LIMIT", "0")];
    let attack = Attack::begin("100,000 pings, pongs unread", &settings).await;
    let mut client = attack.connect(OPEN).await;
    pings(&mut client, 100).await;
    let mut pongs = 0;
    client.send(masked(FIN | TEXT, HELLO)).await;
    loop {
        let frame = client.frame().await;
        if frame.first != FIN | PONG {
            assert_eq!(frame, Frame::new(TEXT, HELLO_ANSWER));
            break;
        }
        pongs += 1;
    }
    drop(client);
    let answer = format!("{pongs} pongs");
    attack.ends(&answer, 4 * MIB).await;
}

#[tokio::test]
async fn a_flood_of_pings_or_pongs_is_closed_with_1008() {
    let attack = Attack::begin("40 floods of pings and pongs", &[]).await;
    for opcode in [PING, PONG].repeat(20) {
        let mut client = attack.connect(OPEN).await;
        let flood = masked(FIN | opcode, &[b'x'; 125]).repeat(10_000);
        client.send(flood).await;
        loop {
            let frame = client.frame().await;
            if frame.first == FIN | CLOSE {
                assert_eq!(frame.close(), (1008, "too many pings".to_owned()));
                break;
            }
            assert_eq!(frame.first, FIN | PONG, "{frame:?}");
        }
    }
    assert_eq!(attack.stats("tooManyPings").await, 40);
    attack.ends("1008", 4 * MIB).await;
}
