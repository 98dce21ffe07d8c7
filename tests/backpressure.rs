//! Clients that read slowly, or not at all, and clients that send more than is handled.

mod common;

use common::raw::{CLOSE, CONTINUATION, FIN, Frame, PING, PONG, RawClient, TEXT, masked};
use common::{A_WHILE, App, Gate, config, eventually, start_with, within};
use orcs::prelude::*;
use orcs::{Config, Delivery, Initiator};
use serde_json::json;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const PATH: &str = "/ws/slow";
const KIB: usize = 1024;

/// A room of everybody; who comes and how each ends is told to the test.
struct Watched {
    app: App,
    came: mpsc::UnboundedReceiver<ClientId>,
    ended: mpsc::UnboundedReceiver<Close>,
}

async fn watched(change: impl FnOnce(&mut Config)) -> Watched {
    let (ids, came) = mpsc::unbounded_channel();
    let (ends, ended) = mpsc::unbounded_channel();
    let route = ws(PATH)
        .connect(async move |client| {
            client.join("all");
            ids.send(client.id()).expect("the test listens");
        })
        .on("say", async |_client, text: String| Reply(text))
        .disconnect(async move |_client, close| {
            ends.send(close).expect("the test listens");
        });
    let app = orcs::App::new(config(change), route);
    let app = App::start_with_small_buffers(app).await;
    Watched { app, came, ended }
}

impl Watched {
    /// A client that reads only when the test does.
    async fn connect(&mut self) -> (RawClient, ClientId) {
        let client = RawClient::connect_with_small_buffers(&self.app, PATH).await;
        let id = within(self.came.recv()).await.expect("connect ran");
        (client, id)
    }
}

/// An event's payload: its number, and `bytes` more.
fn filled(number: usize, bytes: usize) -> serde_json::Value {
    json!([number, "x".repeat(bytes)])
}

/// The number in such an event.
fn number(text: &str) -> usize {
    let envelope: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let number = envelope["payload"][0].as_u64().expect("a number");
    number.try_into().expect("a small one")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_client_does_not_delay_the_room() {
    let mut watched = watched(|config| config.backpressure_limit_bytes = 256 * KIB).await;
    let (mut stalled, stalled_id) = watched.connect().await;
    let (progress, mut heard) = mpsc::unbounded_channel();
    for _ in 0..3 {
        let (mut client, _) = watched.connect().await;
        let progress = progress.clone();
        tokio::spawn(async move {
            loop {
                let number = number(&client.text().await);
                progress.send(number).expect("the test listens");
            }
        });
    }
    for round in 0..200 {
        let message = filled(round, 8 * KIB);
        let sent = watched
            .app
            .manager
            .broadcast_to_room("all", "n", &message, []);
        assert!(sent.queued >= 3, "{sent:?}");
        for _ in 0..3 {
            assert_eq!(within(heard.recv()).await, Some(round));
        }
    }
    assert_eq!(watched.app.manager.get_stats().dropped, 1);
    let close = within(watched.ended.recv()).await.unwrap();
    assert_eq!((close.code, close.by), (1013, Initiator::Server));
    let members = watched.app.manager.get_room_clients("all");
    assert!(members.len() == 3 && !members.contains(&stalled_id));

    // When it reads at last, it finds the first messages, whole and in order, and why
    // there are no more.
    let mut expected = 0;
    loop {
        let frame = stalled.frame().await;
        if frame.first == FIN | CLOSE {
            assert_eq!(frame.close().0, 1013);
            break;
        }
        let text = String::from_utf8(frame.payload).unwrap();
        assert_eq!(number(&text), expected);
        expected += 1;
    }
    assert!(expected < 200, "{expected}");
    assert_eq!(stalled.next().await, None);
}

#[tokio::test]
async fn an_empty_outbox_takes_one_message_of_any_size() {
    let mut watched = watched(|config| config.backpressure_limit_bytes = 64 * KIB).await;
    let (mut client, id) = watched.connect().await;
    let large = filled(0, 4 << 20);
    let manager = watched.app.manager.clone();
    for number in 0..3 {
        assert_eq!(manager.send_to_client(id, "n", &large), Delivery::Queued);
        let text = client.text().await;
        assert_eq!(
            text,
            format!(r#"{{"event":"n","payload":{large}}}"#),
            "{number}"
        );
    }
    assert_eq!(manager.send_to_client(id, "n", &large), Delivery::Queued);
    assert_eq!(manager.send_to_client(id, "n", &1), Delivery::Dropped);
    assert_eq!(manager.send_to_client(id, "n", &1), Delivery::Gone);
    // What had begun is finished, so that the close frame can be read.
    assert_eq!(client.text().await.len(), large.to_string().len() + 24);
    assert_eq!(client.closed().await.0, 1013);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_that_reads_gets_everything_in_order() {
    let mut watched = watched(|config| config.backpressure_limit_bytes = 64 << 20).await;
    let (mut client, id) = watched.connect().await;
    let sizes = [0, 1, 100, 125, 126, 65_535, 65_536, 300_000, 10, 1_000_000];
    let messages: Vec<_> = (0..40)
        .map(|number| filled(number, sizes[number % sizes.len()]))
        .collect();
    for message in &messages {
        let sent = watched.app.manager.send_to_client(id, "n", message);
        assert_eq!(sent, Delivery::Queued);
    }
    for (number, message) in messages.iter().enumerate() {
        if number % 8 == 0 {
            sleep(Duration::from_millis(20)).await;
        }
        let text = client.text().await;
        assert!(
            text == format!(r#"{{"event":"n","payload":{message}}}"#),
            "{number}"
        );
    }
    // And it is a client like any other again.
    client.is_answered().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_many_senders_write_to_a_slow_client_is_never_mixed() {
    let mut watched = watched(|config| config.backpressure_limit_bytes = 64 << 20).await;
    let (mut client, id) = watched.connect().await;
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let manager = watched.app.manager.clone();
            tokio::task::spawn_blocking(move || {
                for number in 0..100 {
                    let message = filled(1000 * sender + number, 37 * number * (sender + 1));
                    assert_eq!(manager.send_to_client(id, "n", &message), Delivery::Queued);
                }
            })
        })
        .collect();
    let mut next = [0; 4];
    for _ in 0..400 {
        let number = number(&client.text().await);
        let (sender, number) = (number / 1000, number % 1000);
        assert_eq!(number, next[sender], "each sender's in its own order");
        next[sender] += 1;
    }
    for sender in senders {
        within(sender).await.unwrap();
    }
}

#[tokio::test]
async fn events_wait_behind_a_handler_that_waits() {
    let gate = Gate::shut();
    let shut = gate.clone();
    let app = start_with(
        ws(PATH)
            .on("wait", async move |client, ()| {
                shut.pass().await;
                client.send("waited", &());
            })
            .on("n", async |client, number: u32| client.send("n", &number)),
        |_| {},
    )
    .await;
    let mut client = app.connect(PATH).await;
    client.emit("wait", ()).await;
    for number in 0..100 {
        client.emit("n", number).await;
    }
    assert!(timeout(A_WHILE, client.text()).await.is_err());
    gate.open();
    client.expect("waited").await;
    for number in 0..100 {
        assert_eq!(client.expect("n").await, number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_with_too_many_waiting_events_is_not_read_and_not_called_silent() {
    let gate = Gate::shut();
    let shut = gate.clone();
    let handled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&handled);
    let ends = Arc::new(AtomicUsize::new(0));
    let ended = Arc::clone(&ends);
    let route = ws(PATH)
        .on("n", async move |_client, (number, _): (usize, String)| {
            shut.pass().await;
            assert_eq!(counted.fetch_add(1, Ordering::Relaxed), number);
        })
        .disconnect(async move |_client, _close| {
            ended.fetch_add(1, Ordering::Relaxed);
        });
    let app = orcs::App::new(
        config(|config| {
            config.event_queue_limit_bytes = 64 * KIB;
            config.idle_timeout = Some(Duration::from_millis(400));
            config.handler_timeout = None;
            config.rate_limit = RateLimit::off();
        }),
        route,
    );
    let app = App::start_with_small_buffers(app).await;
    let total = 4000;
    let bytes: Vec<u8> = (0..total)
        .flat_map(|number| {
            let text = json!({"event": "n", "payload": filled(number, KIB)}).to_string();
            masked(FIN | TEXT, text.as_bytes())
        })
        .collect();
    let mut client = RawClient::connect_with_small_buffers(&app, PATH).await;
    let mut written = 0;
    // Several idle timeouts long nothing can be sent, and nothing happens.
    let stalls = async {
        loop {
            let write = client.stream.write(&bytes[written..]);
            let Ok(sent) = timeout(Duration::from_secs(1), write).await else {
                return;
            };
            written += sent.expect("the connection stays");
            assert!(written < bytes.len() / 2, "the server goes on reading");
        }
    };
    within(stalls).await;
    assert_eq!(handled.load(Ordering::Relaxed), 0);
    assert_eq!(ends.load(Ordering::Relaxed), 0);

    gate.open();
    client.send(&bytes[written..]).await;
    eventually(|| handled.load(Ordering::Relaxed) == total).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pings_is_owed_one_pong() {
    let mut watched = watched(|config| {
        config.control_rate_limit = RateLimit::off();
        // It takes nothing for as long as it sends.
        config.write_timeout = None;
    })
    .await;
    let (mut client, _) = watched.connect().await;
    let payload = |number: u32| [&number.to_be_bytes()[..], &[b'x'; 121]].concat();
    // More than the kernel keeps for both ends of a connection.
    let flood = 150_000;
    for first in (0..flood).step_by(1000) {
        let pings: Vec<u8> = (first..first + 1000)
            .flat_map(|number| masked(FIN | PING, &payload(number)))
            .collect();
        // All are read although no pong is: nothing of the server's waits for this client.
        client.send(pings).await;
    }
    let mut last = None;
    let mut pongs = 0;
    while last != Some(flood - 1) {
        let frame = client.frame().await;
        let number = u32::from_be_bytes(*frame.payload.first_chunk().unwrap());
        assert_eq!(frame, Frame::new(PONG, payload(number)));
        assert!(last < Some(number), "the newest is owed, and none twice");
        last = Some(number);
        pongs += 1;
    }
    assert!(pongs < flood / 2, "{pongs} pongs waited");
    client.is_answered().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_of_tiny_fragments_end_at_the_limit() {
    let limit = 1 << 20;
    let mut watched = watched(|config| config.max_payload_bytes = limit).await;
    let (mut client, _) = watched.connect().await;
    // 7 bytes on the wire carry one of payload.
    let some: Vec<u8> = masked(CONTINUATION, b" ").repeat(limit / 64);
    client.send(masked(TEXT, b"")).await;
    for _ in 0..64 {
        client.send(&some).await;
    }
    assert!(
        timeout(A_WHILE, client.next()).await.is_err(),
        "exactly the limit"
    );
    client.send(masked(CONTINUATION, b" ")).await;
    assert_eq!(client.closed().await.0, 1009);
    assert_eq!(within(watched.ended.recv()).await.unwrap().code, 1009);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_in_countless_fragments_is_one_message() {
    let mut watched = watched(|config| config.max_payload_bytes = 100_000).await;
    let (mut client, _) = watched.connect().await;
    let text = format!(
        r#"{{"event":"say","payload":"{}","id":1}}"#,
        "é".repeat(20_000)
    );
    let mut bytes = masked(TEXT, b"");
    for byte in text.bytes() {
        bytes.extend(masked(CONTINUATION, b""));
        bytes.extend(masked(CONTINUATION, &[byte]));
    }
    bytes.extend(masked(FIN | CONTINUATION, b""));
    client.send(bytes).await;
    let answer = client.text().await;
    assert_eq!(
        answer,
        format!(
            r#"{{"event":"orcs:ack","payload":"{}","id":1}}"#,
            "é".repeat(20_000)
        )
    );
}

#[tokio::test]
async fn who_never_reads_its_close_frame_is_gone_in_time() {
    let mut watched = watched(|config| config.backpressure_limit_bytes = 64 * KIB).await;
    let (_stalled, id) = watched.connect().await;
    for number in 0..100 {
        watched
            .app
            .manager
            .send_to_client(id, "n", &filled(number, 8 * KIB));
    }
    assert_eq!(within(watched.ended.recv()).await.unwrap().code, 1013);
    watched.app.empties().await;
}

#[tokio::test]
async fn a_ping_of_ours_does_not_overflow_an_outbox() {
    let mut watched = watched(|config| {
        config.backpressure_limit_bytes = 64 * KIB;
        config.heartbeat_interval = Some(Duration::from_millis(500));
        // Nobody is closed here for answering late.
        config.heartbeat_misses = 1000;
    })
    .await;
    let (mut client, id) = watched.connect().await;
    let large = filled(0, 4 << 20);
    let sent = watched.app.manager.send_to_client(id, "n", &large);
    assert_eq!(sent, Delivery::Queued);
    // It has not read when the ping is due.
    sleep(Duration::from_millis(700)).await;
    client.text().await;
    assert_eq!(client.frame().await, Frame::new(PING, *b""));
}

#[tokio::test]
async fn a_flood_of_empty_fragments_does_not_hold_up_the_others() {
    let route = ws(PATH).on("say", async |_client, text: String| Reply(text));
    let app = start_with(route, |_| {}).await;
    let mut other = app.connect(PATH).await;
    let flooding = RawClient::connect(&app, PATH).await;
    let mut stream = flooding.stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let is_over = stream.try_clone().unwrap();
    let rounds = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rounds);
    let flood = std::thread::spawn(move || {
        stream.write_all(&masked(TEXT, b"")).unwrap();
        let fragments = masked(CONTINUATION, b"").repeat(100_000);
        while stream.write_all(&fragments).is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    eventually(|| rounds.load(Ordering::Relaxed) >= 2).await;
    // Each waited for seconds, while one read after another was taken apart.
    let began = Instant::now();
    for number in 0..10 {
        let sent = format!(r#"{{"event":"say","payload":"hi","id":{number}}}"#);
        other.send(sent).await;
        other.text().await;
    }
    assert!(began.elapsed() < Duration::from_secs(5));
    is_over.shutdown(std::net::Shutdown::Both).unwrap();
    flood.join().unwrap();
}

#[tokio::test]
async fn an_apps_own_close_with_4408_comes_behind_what_waits() {
    // 4408 is also how the silent are closed, for whom nothing is flushed.
    let large = "x".repeat(2 << 20);
    let route = ws(PATH).on("quit", async move |client, code: u16| {
        client.send("large", &large);
        client.close(code, "inactive");
    });
    let app = App::start_with_small_buffers(orcs::App::new(config(|_| {}), route)).await;
    for code in [4407, 4408] {
        let mut client = RawClient::connect_with_small_buffers(&app, PATH).await;
        let sent = format!(r#"{{"event":"quit","payload":{code}}}"#);
        client.send_text(&sent).await;
        assert_eq!(client.text().await.len(), (2 << 20) + 30);
        assert_eq!(client.closed().await, (code, "inactive".to_owned()));
    }
}
