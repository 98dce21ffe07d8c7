//! How long a message may be, where a route says so itself.

mod common;

use common::raw::{CONTINUATION, FIN, RawClient, TEXT, announced, masked, upgrade_request};
use common::{App, config, start_with};
use flate2::{Compress, FlushCompress};
use orcs::Compression;
use orcs::prelude::*;

/// The app's own limit, below which one route stays and beyond which another goes.
const APP: usize = 1000;
const LESS: usize = 100;
const MORE: usize = 100_000;
const LIMITS: [(&str, usize); 3] = [("/less", LESS), ("/app", APP), ("/more", MORE)];
const DEFLATED: u8 = 0x40;

fn lengths(path: &str) -> Route {
    ws(path)
        .compression(Compression::on())
        .on("length", async |_client, text: String| Reply(text.len()))
}

async fn app() -> App {
    let routes = Routes::new()
        .add(lengths("/less").max_payload(LESS))
        .add(lengths("/app"))
        .add(lengths("/more").max_payload(MORE));
    start_with(routes, |config| config.max_payload_bytes = APP).await
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

#[tokio::test]
async fn a_route_takes_messages_as_long_as_it_says_itself() {
    let app = app().await;
    for (path, limit) in LIMITS {
        let mut client = RawClient::connect(&app, path).await;
        let (longest, answer) = envelope(limit);
        client.send_text(&longest).await;
        assert_eq!(client.text().await, answer, "{path}");
        // Nothing of the payload is ever sent.
        client.send(announced(FIN | TEXT, limit as u64 + 1)).await;
        assert_eq!(client.closed().await.0, 1009, "{path}");
    }
}

#[tokio::test]
async fn a_routes_own_limit_counts_the_sum_of_the_fragments() {
    let app = app().await;
    for (path, limit) in LIMITS {
        let mut client = RawClient::connect(&app, path).await;
        let (longest, answer) = envelope(limit);
        let (first, last) = longest.as_bytes().split_at(limit / 2);
        client.send(masked(TEXT, first)).await;
        client.send(masked(FIN | CONTINUATION, last)).await;
        assert_eq!(client.text().await, answer, "{path}");
        client.send(masked(TEXT, first)).await;
        let rest = (limit - limit / 2) as u64;
        client.send(announced(FIN | CONTINUATION, rest + 1)).await;
        assert_eq!(client.closed().await.0, 1009, "{path}");
    }
}

#[tokio::test]
async fn a_routes_own_limit_counts_what_a_message_inflates_to() {
    let app = app().await;
    for (path, limit) in LIMITS {
        let mut client = RawClient::tcp(app.address).await;
        let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        let agreed = client.request(&upgrade_request(path, offer)).await;
        assert_eq!(agreed.status, 101);
        let (longest, answer) = envelope(limit);
        let (too_long, _) = envelope(limit + 1);
        for text in [longest, too_long] {
            let frame = masked(FIN | DEFLATED | TEXT, &deflated(text.as_bytes()));
            assert!(frame.len() <= limit, "what came is short enough");
            client.send(frame).await;
            if text.len() == limit {
                assert_eq!(client.text().await, answer, "{path}");
            }
        }
        assert_eq!(client.closed().await.0, 1009, "{path}");
    }
}

/// As a frame carries it (RFC 7692, 7.2.1).
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4096);
    Compress::new(flate2::Compression::new(6), false)
        .compress_vec(text, &mut bytes, FlushCompress::Sync)
        .expect("it compresses");
    bytes.truncate(bytes.len() - 4);
    bytes
}

#[tokio::test]
async fn a_limit_that_bounds_nothing_stops_the_start() {
    for (bytes, sentence) in [
        (
            0,
            "/ws: `.max_payload(0)` would refuse every message; leave it out",
        ),
        (
            2001,
            "/ws: `.max_payload(2001)` does not fit into WS_MAX_INBOUND_BYTES, `2000` bytes for all connections; lower the first or raise the second",
        ),
    ] {
        let config = config(|config| {
            config.max_payload_bytes = 500;
            config.max_inbound_bytes = 2000;
        });
        let route = ws("/ws").max_payload(bytes);
        let error = orcs::App::new(config, route).start().await;
        assert_eq!(
            error.err().map(|error| error.to_string()).as_deref(),
            Some(sentence)
        );
    }
}
