//! Compressed messages that are larger than they look, or are none.

use crate::common::raw::{Answer, CONTINUATION, FIN, RawClient, TEXT, masked};
use crate::kit::{Attack, MIB};
use crate::server::{COMPRESSED, OPEN};
use flate2::{Compress, Compression, FlushCompress};
const DEFLATED: u8 = 0x40;

/// What a client that may compress makes of a text.
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 100 + 1000);
    let mut context = Compress::new(Compression::new(9), false);
    let done = context.compress_vec(text, &mut out, FlushCompress::Sync);
    done.expect("it compresses");
    assert!(out.ends_with(b"\0\0\xff\xff"), "all of it");
    out.truncate(out.len() - 4);
    out
}

async fn offered(attack: &Attack, path: &str, offer: &str) -> (RawClient, Answer) {
    let offer = format!("Sec-WebSocket-Extensions: {offer}\r\n");
    attack.knock(path, &offer).await
}

async fn connected(attack: &Attack) -> RawClient {
    let (client, answer) = offered(attack, COMPRESSED, "permessage-deflate").await;
    assert_eq!(answer.status, 101);
    assert!(answer.header("sec-websocket-extensions").is_some());
    client
}

#[tokio::test]
async fn a_bomb_is_answered_with_1009_and_never_unfolds() {
    // 64 MiB of spaces take 64 KiB; in one frame, in many, and as the same again and again.
    let attack = Attack::begin("20 deflate bombs", &[("WS_MAX_PAYLOAD_LENGTH", "262144")]).await;
    let bomb = deflated(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 80_000, "{}", bomb.len());
    for _ in 0..10 {
        let mut client = connected(&attack).await;
        client.send(masked(FIN | DEFLATED | TEXT, &bomb)).await;
        assert_eq!(client.closed().await.0, 1009);

        let mut client = connected(&attack).await;
        client.send(masked(DEFLATED | TEXT, b"")).await;
        for piece in bomb.chunks(100) {
            client.send(masked(CONTINUATION, piece)).await;
        }
        assert_eq!(client.closed().await.0, 1009);
    }
    attack.ends("1009", 8 * MIB).await;
}

#[tokio::test]
async fn garbage_is_answered_with_1007() {
    let attack = Attack::begin("deflate garbage", &[]).await;
    for garbage in [
        &b"\xff\xff\xff\xff"[..],
        b"\x07\x00",
        &[0x06; 1000],
        b"\x05\x00\x00",
    ] {
        for _ in 0..10 {
            let mut client = connected(&attack).await;
            client.send(masked(FIN | DEFLATED | TEXT, garbage)).await;
            assert_eq!(client.closed().await.0, 1007, "{garbage:.4?}");
        }
    }
    attack.ends("1007", 4 * MIB).await;
}

#[tokio::test]
async fn offers_that_are_none_are_declined_or_bad_requests() {
    let attack = Attack::begin("extension offers", &[]).await;
    for offer in [
        "x-unknown",
        "permessage-deflate; server_max_window_bits=99",
        "permessage-deflate; unknown=1",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
    ] {
        let (_client, answer) = offered(&attack, COMPRESSED, offer).await;
        assert_eq!(answer.status, 101, "{offer}");
        assert_eq!(answer.header("sec-websocket-extensions"), None, "{offer}");
    }
    let many = ["permessage-deflate; client_max_window_bits=15"; 17].join(", ");
    for offer in [";", "permessage-deflate; =", "\"", "a b", &many] {
        for path in [COMPRESSED, OPEN] {
            let (_client, answer) = offered(&attack, path, offer).await;
            assert_eq!(answer.status, 400, "{offer:.40}");
        }
    }
    attack.ends("declined, or 400", 4 * MIB).await;
}
