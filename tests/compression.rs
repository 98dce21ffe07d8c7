//! permessage-deflate (RFC 7692) from below: what is agreed on, and each byte of both sides.

mod common;

use common::raw::{
    Answer, BINARY, CONTINUATION, FIN, Frame, PING, PONG, RawClient, TEXT, masked, upgrade_request,
};
use common::{App, start, start_with};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};
use orcs::prelude::*;
use std::fs;

const PATH: &str = "/ws/echo";
const DEFLATED: u8 = 0x40;
const ALONE: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Answers each text with the number of its bytes, or with itself, or tells it the others.
fn lengths() -> Route {
    ws(PATH)
        .connect(async |client| client.join("lobby"))
        .on("length", async |_client, text: String| Reply(text.len()))
        .on("say", async |_client, text: String| Reply(text))
        .on("echo", async |client, text: String| {
            client.send("echo", &text)
        })
        .on("tell", async |client, text: String| {
            client.to("lobby").send("told", &text)
        })
}

async fn compressing() -> App {
    start(lengths().compression(Compression::on())).await
}

/// Opens a WebSocket with this offer; also gives the answer to it.
async fn offered(app: &App, offer: &str) -> (RawClient, Answer) {
    let mut client = RawClient::tcp(app.address).await;
    let offer = format!("Sec-WebSocket-Extensions: {offer}\r\n");
    let answer = client.request(&upgrade_request(PATH, &offer)).await;
    (client, answer)
}

/// A client that may compress.
async fn connected(app: &App) -> RawClient {
    let (client, answer) = offered(app, "permessage-deflate").await;
    assert_eq!(agreed(&answer), Some(ALONE));
    client
}

fn agreed(answer: &Answer) -> Option<&str> {
    assert_eq!(answer.status, 101, "{answer:?}");
    answer.header("sec-websocket-extensions")
}

/// What a client compresses: all of its messages in one context.
struct Deflate(Compress);

impl Deflate {
    fn new() -> Self {
        Self(Compress::new(flate2::Compression::new(6), false))
    }

    fn message(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 100);
        let done = self.0.compress_vec(text, &mut out, FlushCompress::Sync);
        done.expect("it compresses");
        assert!(out.ends_with(b"\0\0\xff\xff"));
        out.truncate(out.len() - 4);
        out
    }
}

fn deflated(text: &[u8]) -> Vec<u8> {
    Deflate::new().message(text)
}

/// Reads what the server compresses.
struct Inflate(Decompress);

impl Inflate {
    fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// The text of a message, and whether it was compressed.
    fn text(&mut self, frame: Frame) -> (bool, String) {
        let is_deflated = frame.first == FIN | DEFLATED | TEXT;
        let mut text = frame.payload;
        if is_deflated {
            let message = [&text[..], b"\0\0\xff\xff"].concat();
            text = Vec::with_capacity(1 << 20);
            let done = (self.0).decompress_vec(&message, &mut text, FlushDecompress::Sync);
            done.expect("it inflates");
        } else {
            assert_eq!(frame.first, FIN | TEXT);
        }
        (is_deflated, String::from_utf8(text).expect("text"))
    }
}

fn inflated(frame: Frame) -> (bool, String) {
    Inflate::new().text(frame)
}

fn envelope(event: &str, text: &str) -> String {
    format!(r#"{{"event":"{event}","payload":"{text}"}}"#)
}

/// An event that carries so many bytes, and its answer.
fn event(bytes: usize) -> (String, String) {
    let payload = "x".repeat(bytes);
    (
        format!(r#"{{"event":"length","payload":"{payload}","id":1}}"#),
        format!(r#"{{"event":"orcs:ack","payload":{bytes},"id":1}}"#),
    )
}

#[tokio::test]
async fn a_route_that_does_not_compress_accepts_no_offer() {
    for routes in [lengths(), lengths().compression(Compression::off())] {
        let app = start(routes).await;
        let (mut client, answer) = offered(&app, "permessage-deflate").await;
        assert_eq!(agreed(&answer), None);
        let (event, reply) = event(5);
        client.send_text(&event).await;
        assert_eq!(client.text().await, reply);
    }
}

#[tokio::test]
async fn a_setting_compresses_where_the_route_says_nothing() {
    let on = |config: &mut orcs::Config| config.compression = true;
    for (routes, expected) in [
        (lengths(), Some(ALONE)),
        (lengths().compression(Compression::on()), Some(ALONE)),
        (lengths().compression(Compression::off()), None),
    ] {
        let app = start_with(routes, on).await;
        let (_client, answer) = offered(&app, "permessage-deflate").await;
        assert_eq!(agreed(&answer), expected);
    }
}

#[tokio::test]
async fn what_is_agreed_on_is_what_the_rfc_allows() {
    let app = compressing().await;
    let bits = format!("{ALONE}; server_max_window_bits=10");
    for (offer, expected) in [
        ("permessage-deflate", Some(ALONE)),
        ("permessage-deflate; client_max_window_bits", Some(ALONE)),
        (
            "permessage-deflate; server_max_window_bits=10",
            Some(&*bits),
        ),
        (
            "permessage-deflate; server_max_window_bits=\"10\"",
            Some(&*bits),
        ),
        ("permessage-deflate; server_max_window_bits=8", None),
        (
            "permessage-deflate; server_max_window_bits=8, permessage-deflate",
            Some(ALONE),
        ),
        ("permessage-deflate; what", None),
        ("x-webkit-deflate-frame", None),
        ("x-webkit-deflate-frame, permessage-deflate", Some(ALONE)),
        ("", None),
    ] {
        let (mut client, answer) = offered(&app, offer).await;
        assert_eq!(agreed(&answer), expected, "{offer}");
        // Whatever was agreed on, plain messages are always right.
        let (event, reply) = event(5);
        client.send_text(&event).await;
        assert_eq!(client.text().await, reply, "{offer}");
    }
}

#[tokio::test]
async fn a_route_may_let_contexts_be_kept() {
    let kept = Compression::on().context_takeover().window_bits(12);
    let app = start(lengths().compression(kept)).await;
    for (offer, expected) in [
        (
            "permessage-deflate",
            "permessage-deflate; server_max_window_bits=12",
        ),
        (
            "permessage-deflate; client_max_window_bits; client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover; \
             server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
        ),
    ] {
        let (_client, answer) = offered(&app, offer).await;
        assert_eq!(agreed(&answer), Some(expected), "{offer}");
    }
}

#[tokio::test]
async fn a_header_that_is_no_list_of_extensions_is_refused() {
    for routes in [lengths(), lengths().compression(Compression::on())] {
        let app = start(routes).await;
        let seventeen = ["x"; 17].join(", ");
        for (offer, why) in [
            ("permessage-deflate;", "is a list like"),
            (
                "permessage-deflate; server_max_window_bits=\"10",
                "is a list like",
            ),
            (&seventeen, "more than 16"),
        ] {
            let (_client, answer) = offered(&app, offer).await;
            assert_eq!(answer.status, 400, "{offer}: {answer:?}");
            assert!(answer.body.contains(why), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn compressed_messages_are_read() {
    let app = compressing().await;
    let mut client = connected(&app).await;
    for bytes in [0, 5, 1000, 100_000] {
        let (event, reply) = event(bytes);
        let compressed = deflated(event.as_bytes());
        client
            .send(masked(FIN | DEFLATED | TEXT, &compressed))
            .await;
        assert_eq!(client.text().await, reply);
        client.send_text(&event).await;
        assert_eq!(client.text().await, reply, "a plain one between");
    }
}

#[tokio::test]
async fn a_context_is_kept_for_the_client_where_the_route_says_so() {
    let app = start(lengths().compression(Compression::on().context_takeover())).await;
    let (mut client, answer) = offered(&app, "permessage-deflate").await;
    assert_eq!(agreed(&answer), Some("permessage-deflate"));
    let mut deflate = Deflate::new();
    let (event, reply) = event(200);
    for round in 0..10 {
        let compressed = deflate.message(event.as_bytes());
        assert!(round == 0 || compressed.len() < 20, "{}", compressed.len());
        client
            .send(masked(FIN | DEFLATED | TEXT, &compressed))
            .await;
        assert_eq!(client.text().await, reply);
    }
    // Where it is not, the second message refers to nothing.
    let app = compressing().await;
    let mut client = connected(&app).await;
    let mut deflate = Deflate::new();
    for _ in 0..2 {
        let compressed = deflate.message(event.as_bytes());
        client
            .send(masked(FIN | DEFLATED | TEXT, &compressed))
            .await;
    }
    assert_eq!(client.text().await, reply);
    assert_eq!(client.closed().await.0, 1007);
}

#[tokio::test]
async fn fragments_with_a_ping_between_are_one_message() {
    let app = compressing().await;
    let mut client = connected(&app).await;
    let (event, reply) = event(50_000);
    let compressed = deflated(event.as_bytes());
    let mut first = DEFLATED | TEXT;
    for piece in compressed.chunks(7) {
        client.send(masked(first, piece)).await;
        client.send(masked(FIN | PING, b"between")).await;
        assert_eq!(client.frame().await, Frame::new(PONG, *b"between"));
        first = CONTINUATION;
    }
    client.send(masked(FIN | CONTINUATION, b"")).await;
    assert_eq!(client.text().await, reply);
}

#[tokio::test]
async fn what_the_rfc_forbids_is_answered_with_its_code() {
    let app = compressing().await;
    let hello = deflated(b"{\"event\":\"length\"}");
    let bad_text = deflated(b"\"caf\xe9\"");
    let fragments = [
        masked(DEFLATED | TEXT, &hello[..5]),
        masked(FIN | DEFLATED | CONTINUATION, &hello[5..]),
    ];
    for (what, bytes, code) in [
        (
            "garbage",
            masked(FIN | DEFLATED | TEXT, b"this is not deflated"),
            1007,
        ),
        (
            "half a message",
            masked(FIN | DEFLATED | TEXT, &hello[..9]),
            1007,
        ),
        (
            "text that is not UTF-8",
            masked(FIN | DEFLATED | TEXT, &bad_text),
            1007,
        ),
        (
            "a compressed ping",
            masked(FIN | DEFLATED | PING, b""),
            1002,
        ),
        (
            "a compressed close",
            masked(FIN | DEFLATED | 0x8, b""),
            1002,
        ),
        ("the bit twice", fragments.concat(), 1002),
        (
            "the bit on a continuation",
            masked(FIN | DEFLATED | CONTINUATION, &hello),
            1002,
        ),
        (
            "the second reserved bit",
            masked(FIN | DEFLATED | 0x20 | TEXT, &hello),
            1002,
        ),
        (
            "compressed bytes",
            masked(FIN | DEFLATED | BINARY, &deflated(b"x")),
            1003,
        ),
    ] {
        let mut client = connected(&app).await;
        client.send(bytes).await;
        let (closed, reason) = client.closed().await;
        assert_eq!(closed, code, "{what}: {reason}");
        assert!(!reason.is_empty(), "{what}");
    }
    app.empties().await;
}

#[tokio::test]
async fn without_an_agreement_a_compressed_message_closes_with_1002() {
    let app = compressing().await;
    let mut client = RawClient::connect(&app, PATH).await;
    client
        .send(masked(FIN | DEFLATED | TEXT, &deflated(b"{}")))
        .await;
    assert_eq!(
        client.closed().await,
        (1002, "reserved bits are set".to_owned())
    );
}

#[tokio::test]
async fn the_limit_counts_what_a_message_inflates_to() {
    let app = start_with(lengths().compression(Compression::on()), |config| {
        config.max_payload_bytes = 100_000;
    })
    .await;
    let empty = event(0).0.len();
    let mut client = connected(&app).await;
    for (bytes, code) in [(100_000, None), (100_001, Some(1009))] {
        let (event, reply) = event(bytes - empty);
        let compressed = deflated(event.as_bytes());
        client
            .send(masked(FIN | DEFLATED | TEXT, &compressed))
            .await;
        match code {
            None => assert_eq!(client.text().await, reply),
            Some(code) => assert_eq!(client.closed().await.0, code),
        }
    }
}

#[tokio::test]
async fn a_bomb_closes_with_1009_and_memory_stays_flat() {
    let app = start_with(lengths().compression(Compression::on()), |config| {
        config.max_payload_bytes = 1 << 20;
    })
    .await;
    // Each mebibyte refers to nothing outside of itself, so one stands for all 1024.
    let mut mebibyte = Vec::with_capacity(4096);
    Compress::new(flate2::Compression::new(9), false)
        .compress_vec(&vec![b' '; 1 << 20], &mut mebibyte, FlushCompress::Full)
        .expect("it compresses");
    let bomb = mebibyte.repeat(1024);
    assert!(bomb.len() < 1_200_000, "{}", bomb.len());
    let before = resident_kib();
    for _ in 0..10 {
        let mut client = connected(&app).await;
        client.send(masked(FIN | DEFLATED | TEXT, &bomb)).await;
        let (code, reason) = client.closed().await;
        assert_eq!(code, 1009, "{reason}");
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 64 << 10, "{grown} KiB for bombs of 1 GiB");
    app.empties().await;
}

#[tokio::test]
async fn what_a_client_says_compressed_it_hears_compressed() {
    let app = compressing().await;
    let mut client = connected(&app).await;
    for words in [300, 30_000] {
        let text = "word ".repeat(words);
        for (compresses, bytes) in [
            (true, deflated(envelope("echo", &text).as_bytes())),
            (false, envelope("echo", &text).into_bytes()),
        ] {
            let bit = if compresses { DEFLATED } else { 0 };
            client.send(masked(FIN | bit | TEXT, &bytes)).await;
            let frame = client.frame().await;
            assert!(frame.payload.len() < text.len() / 20);
            assert_eq!(inflated(frame), (true, envelope("echo", &text)));
        }
    }
}

#[tokio::test]
async fn only_messages_from_the_threshold_on_are_compressed() {
    let of_route = Compression::on().threshold(200);
    for (routes, threshold) in [
        (lengths().compression(Compression::on()), 500),
        (lengths().compression(of_route), 200),
    ] {
        let app = start_with(routes, |config| config.compression_threshold_bytes = 500).await;
        let mut client = connected(&app).await;
        let empty = envelope("echo", "").len();
        for (bytes, expected) in [(threshold - 1, false), (threshold, true)] {
            let text = "x".repeat(bytes - empty);
            client.send_text(&envelope("echo", &text)).await;
            let told = (expected, envelope("echo", &text));
            assert_eq!(inflated(client.frame().await), told, "{bytes}");
        }
    }
}

#[tokio::test]
async fn a_message_to_a_room_reaches_each_member_as_it_agreed() {
    let app = compressing().await;
    let mut plain = RawClient::connect(&app, PATH).await;
    let mut deflating = connected(&app).await;
    let (mut small, _) = offered(&app, "permessage-deflate; server_max_window_bits=9").await;
    let mut clients = [&mut plain, &mut deflating, &mut small];
    for client in &mut clients {
        client.is_answered().await;
    }
    let text = "to everybody ".repeat(1000);
    app.manager.to("lobby").send("told", &text);
    for (client, is_deflated) in clients.into_iter().zip([false, true, false]) {
        let told = (is_deflated, envelope("told", &text));
        assert_eq!(inflated(client.frame().await), told);
    }
}

#[tokio::test]
async fn contexts_are_kept_in_the_order_of_the_wire() {
    let kept = Compression::on().threshold(0).context_takeover();
    for bits in [9, 15] {
        let route = lengths().compression(kept.window_bits(bits));
        let app = start(route.rate_limit(RateLimit::off())).await;
        let (mut one, answer) = offered(&app, "permessage-deflate").await;
        assert!(!agreed(&answer).unwrap_or_default().contains("takeover"));
        let (mut other, _) = offered(&app, "permessage-deflate").await;
        let mut inflates = [Inflate::new(), Inflate::new()];
        for (client, inflate) in [&mut one, &mut other].into_iter().zip(&mut inflates) {
            client.send_text(&envelope("echo", "here")).await;
            let frame = client.frame().await;
            assert_eq!(inflate.text(frame), (true, envelope("echo", "here")));
        }
        // Each is told by the other, beside what it is answered.
        for number in 0..200 {
            let words = "many words ".repeat(number);
            let (text, echo) = (format!("{number} {words}"), number.to_string());
            for client in [&mut one, &mut other] {
                client.send_text(&envelope("tell", &text)).await;
                client.send_text(&envelope("echo", &echo)).await;
            }
        }
        for (client, inflate) in [one, other].iter_mut().zip(&mut inflates) {
            let (mut wire_bytes, mut bytes) = (0, 0);
            for _ in 0..400 {
                let frame = client.frame().await;
                wire_bytes += frame.payload.len();
                let (is_deflated, text) = inflate.text(frame);
                assert!(is_deflated && text.starts_with("{\"event\":"), "{text}");
                bytes += text.len();
            }
            assert!(wire_bytes < bytes / 10, "{wire_bytes} for {bytes}");
        }
    }
}

/// The most memory this process has had.
fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or_default()
}
