//! Those who send more messages than they may.

use crate::common::raw::{CLOSE, FIN, PING, PONG, RawClient, TEXT, masked};
use crate::common::token;
use crate::kit::{Attack, MIB};
use crate::server::{CANDY, METERED, OPEN, OPEN_SPEED, PRIVATE};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const ECHO: &str = r#"{"event":"echo","payload":"hello","id":1}"#;
const ECHO_ANSWER: &str = r#"{"event":"orcs:ack","payload":"hello","id":1}"#;
const WHOAMI: &str = r#"{"event":"whoami","id":1}"#;
const WHOAMI_ANSWER: &str = r#"{"event":"orcs:ack","payload":"ann","id":1}"#;

/// What the default of `WS_RATE_LIMIT` allows at once.
const BURST: usize = 200;

/// What a client was told before its connection ended or was quiet.
#[derive(Debug, Default)]
struct Heard {
    /// Answers of the handler.
    answers: usize,
    /// How long to wait, as it was told with each `rate_limited`.
    pauses: Vec<u64>,
}

impl Heard {
    /// A text, which must be this answer or a refusal.
    fn text(&mut self, text: &[u8], answer: &str) {
        if text == answer.as_bytes() {
            self.answers += 1;
            return;
        }
        let error: Value = serde_json::from_slice(text).expect("JSON");
        assert_eq!(error["payload"]["code"], "rate_limited", "{error}");
        let pause = error["payload"]["retry_after"].as_u64();
        self.pauses.push(pause.expect("milliseconds"));
    }
}

/// Sends the same text 10,000 times, and listens until it is closed.
async fn floods(client: &mut RawClient, text: &str, answer: &str) -> (Heard, u16, String) {
    client
        .send(masked(FIN | TEXT, text.as_bytes()).repeat(10_000))
        .await;
    let mut heard = Heard::default();
    loop {
        let frame = client.frame().await;
        if frame.first == FIN | CLOSE {
            let (code, reason) = frame.close();
            assert_eq!(client.next().await, None, "nothing comes behind it");
            return (heard, code, reason);
        }
        heard.text(&frame.payload, answer);
    }
}

/// Floods as before; it must be told once, and then closed with `code`.
async fn is_told_once_and_closed(client: &mut RawClient, text: &str, answer: &str, code: u16) {
    let (heard, closed, reason) = floods(client, text, answer).await;
    assert_eq!((closed, reason.as_str()), (code, "too many messages"));
    // And what the bucket got back meanwhile.
    assert!(
        (BURST..10_000 - BURST).contains(&heard.answers),
        "{heard:?}"
    );
    assert!(matches!(heard.pauses[..], [1..=10]), "{heard:?}");
}

#[tokio::test]
async fn a_flood_is_told_once_and_closed_with_4429() {
    let attack = Attack::begin("20 floods of messages", &[]).await;
    for _ in 0..20 {
        let mut client = attack.connect(OPEN).await;
        is_told_once_and_closed(&mut client, ECHO, ECHO_ANSWER, 4429).await;
    }
    attack.ends("`rate_limited`, then 4429", 4 * MIB).await;
}

#[tokio::test]
async fn a_flood_is_closed_with_the_code_of_the_routes_profile() {
    let attack = Attack::begin("floods where other codes are said", &[]).await;
    for (path, code) in [(CANDY, 1008), (OPEN_SPEED, 1013)] {
        let mut client = attack.connect(path).await;
        is_told_once_and_closed(&mut client, ECHO, ECHO_ANSWER, code).await;
    }
    attack.ends("1008 and 1013", 4 * MIB).await;
}

#[tokio::test]
async fn a_flood_of_new_tokens_is_one_of_messages() {
    let attack = Attack::begin("a flood of `orcs:auth`", &[]).await;
    let path = format!("{PRIVATE}?token={}", token("ann"));
    let text = r#"{"event":"orcs:auth","payload":{"token":"a.b.c"},"id":1}"#;
    // What one of them is answered, all are.
    let mut client = attack.connect(&path).await;
    client.send_text(text).await;
    let answer = client.text().await;
    assert!(answer.contains(r#""code":"unauthorized""#), "{answer}");
    drop(client);
    attack.has_clients(0).await;
    let mut client = attack.connect(&path).await;
    is_told_once_and_closed(&mut client, text, &answer, 4429).await;
    attack.ends("`rate_limited`, then 4429", 4 * MIB).await;
}

/// Listens until everything sent before has been read by the server.
async fn is_read(client: &mut RawClient, heard: &mut Heard, answer: &str) {
    client.send(masked(FIN | PING, b"read?")).await;
    loop {
        let frame = client.frame().await;
        if frame.first == FIN | PONG {
            return;
        }
        assert_eq!(frame.first, FIN | TEXT, "{frame:?}");
        heard.text(&frame.payload, answer);
    }
}

/// Asks something that is answered, behind all that was answered before.
async fn is_answered(client: &mut RawClient, heard: &mut Heard, text: &str, answer: &str) {
    client.send_text(&text.replace(":1}", ":2}")).await;
    let last = answer.replace(":1}", ":2}");
    loop {
        let text = client.text().await;
        if text == last {
            return;
        }
        heard.text(text.as_bytes(), answer);
    }
}

#[tokio::test]
async fn a_user_with_ten_connections_may_send_no_more_than_with_one() {
    const CONNECTIONS: usize = 10;
    // Less than each may send by itself.
    const EACH: usize = BURST - 50;
    let attack = Attack::begin("a user floods over 10 connections", &[]).await;
    let path = format!("{PRIVATE}?token={}", token("ann"));
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push((attack.connect(&path).await, Heard::default()));
    }
    let began = Instant::now();
    let messages = masked(FIN | TEXT, WHOAMI.as_bytes()).repeat(EACH);
    for (client, _) in &mut clients {
        client.send(&messages).await;
    }
    for (client, heard) in &mut clients {
        is_read(client, heard, WHOAMI_ANSWER).await;
    }
    let refilled = began.elapsed().as_secs_f64() * 100.0;
    let refused = attack.stats("rateLimited").await as usize;
    // Enough for one more from each.
    sleep(Duration::from_millis(10 * CONNECTIONS as u64 + 50)).await;
    let mut answers = 0;
    for (client, heard) in &mut clients {
        is_answered(client, heard, WHOAMI, WHOAMI_ANSWER).await;
        answers += heard.answers;
        assert!(heard.pauses.len() <= 1, "{heard:?}");
        assert_eq!(heard.answers == EACH, heard.pauses.is_empty(), "{heard:?}");
    }
    assert_eq!(answers + refused, CONNECTIONS * EACH);
    let most = BURST + refilled as usize + 1;
    assert!((BURST..=most).contains(&answers), "{answers} of {most}");
    drop(clients);
    let answer = format!("`rate_limited`, {answers} of 1500 answered");
    attack.ends(&answer, 4 * MIB).await;
}

#[tokio::test]
async fn who_floods_with_patience_gets_no_more_than_the_rate() {
    // Its route takes 20 a second and 100 at once.
    let attack = Attack::begin("twice the rate, with patience", &[]).await;
    let mut client = attack.connect(METERED).await;
    let message = masked(FIN | TEXT, ECHO.as_bytes());
    let mut heard = Heard::default();
    let began = Instant::now();
    client.send(message.repeat(100)).await;
    for _ in 0..15 {
        // Two more fit, and four come. All that is over is less than a burst.
        sleep(Duration::from_millis(100)).await;
        client.send(message.repeat(4)).await;
    }
    is_read(&mut client, &mut heard, ECHO_ANSWER).await;
    let refilled = began.elapsed().as_secs_f64() * 20.0;
    let refused = attack.stats("rateLimited").await as usize;
    sleep(Duration::from_millis(100)).await;
    is_answered(&mut client, &mut heard, ECHO, ECHO_ANSWER).await;
    assert_eq!(heard.answers + refused, 100 + 15 * 4);
    let most = 100 + refilled as usize + 1;
    assert!((100..=most).contains(&heard.answers), "{heard:?}");
    assert!(heard.pauses.len() <= 1, "{heard:?}");
    drop(client);
    let answer = format!("`rate_limited`, {refused} of 160 refused");
    attack.ends(&answer, 4 * MIB).await;
}
