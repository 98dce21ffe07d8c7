//! What the attacks share: a server to attack, bystanders, and what is asserted after each.

mod bystanders;
mod footprint;
mod process;

pub use process::Server;

use crate::common::raw::{Answer, RawClient, SMALL_BUFFER_BYTES, upgrade_request};
use crate::common::{eventually, within};
use crate::server::OPEN;
use bystanders::Bystanders;
use footprint::Footprint;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

/// An attack that is under way, and those who must not notice it.
pub struct Attack {
    name: &'static str,
    // Before the server: the bystanders go before it does.
    bystanders: Bystanders,
    pub server: Server,
    before: Footprint,
    may_panic: bool,
    _alone: MutexGuard<'static, ()>,
}

/// Memory is counted in KiB, as the kernel does.
pub const MIB: u64 = 1024;

/// Settings for what has to go wrong more often than the rate of messages allows; the attacks
/// on the rate itself are in `rates`.
pub const UNMETERED: &[(&str, &str)] = &[("WS_RATE_LIMIT", "0")];

/// Attacks that run beside each other would be each other's bystanders.
static ALONE: Mutex<()> = Mutex::const_new(());

impl Attack {
    /// Starts a server with these settings, and its bystanders.
    pub async fn begin(name: &'static str, settings: &[(&str, &str)]) -> Self {
        let alone = ALONE.lock().await;
        Self::on(name, Server::start(settings), alone).await
    }

    /// As [`begin`](Self::begin), with a server that may open this many descriptors.
    pub async fn begin_with_descriptors(
        name: &'static str,
        most: usize,
        settings: &[(&str, &str)],
    ) -> Self {
        let alone = ALONE.lock().await;
        Self::on(name, Server::start_with_descriptors(most, settings), alone).await
    }

    async fn on(name: &'static str, server: Server, alone: MutexGuard<'static, ()>) -> Self {
        let bystanders = Bystanders::of(server.address).await;
        // The first time, asking leaves something behind; and its own connection, for a moment.
        stats(server.address).await;
        sleep(Duration::from_millis(50)).await;
        let before = Footprint::from_now_on(server.pid());
        Self {
            name,
            bystanders,
            server,
            before,
            may_panic: false,
            _alone: alone,
        }
    }

    /// Panics of handlers are part of it.
    pub fn with_panics(mut self) -> Self {
        self.may_panic = true;
        self
    }

    /// A bare TCP connection.
    pub async fn tcp(&self) -> RawClient {
        RawClient::tcp(self.server.address).await
    }

    /// A WebSocket on `path`.
    pub async fn connect(&self, path: &str) -> RawClient {
        self.connect_with(path, "").await
    }

    /// A WebSocket on `path`, asked for with more header lines.
    pub async fn connect_with(&self, path: &str, more: &str) -> RawClient {
        let (client, answer) = self.knock(path, more).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        client
    }

    /// A WebSocket on `path` whose kernel holds little, so that not reading is noticed soon.
    pub async fn connect_with_small_buffers(&self, path: &str) -> RawClient {
        let socket = TcpSocket::new_v4().expect("a socket");
        let bytes = SMALL_BUFFER_BYTES as u32;
        socket.set_recv_buffer_size(bytes).expect("set before use");
        let stream = within(socket.connect(self.server.address)).await;
        let mut client = RawClient::of(stream.expect("it listens"));
        let answer = client.request(&upgrade_request(path, "")).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        client
    }

    /// Asks for a WebSocket.
    pub async fn knock(&self, path: &str, more: &str) -> (RawClient, Answer) {
        let mut client = self.tcp().await;
        let answer = client.request(&upgrade_request(path, more)).await;
        (client, answer)
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, request: &str) -> Answer {
        self.tcp().await.request(request).await
    }

    /// What the server counts at the moment: `stats("connections")`.
    pub async fn stats(&self, key: &str) -> u64 {
        stats(self.server.address).await[key]
            .as_u64()
            .expect("a count")
    }

    /// Waits until the server's log holds each of these. A line comes by another way than an
    /// answer, and so later, maybe.
    pub async fn logs(&self, texts: &[&str]) {
        let all = || {
            let log = self.server.log();
            texts.iter().all(|text| log.contains(text))
        };
        eventually(all).await;
    }

    /// How much CPU time the server has used since the attack began; none where nobody tells.
    pub fn cpu(&self) -> Option<Duration> {
        self.before.until_now(self.server.pid()).cpu()
    }

    /// Waits until the server counts so many clients beside the bystanders.
    pub async fn has_clients(&self, count: u64) {
        within(async {
            while self.stats("connections").await != bystanders::COUNT + count {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    /// Asserts that the server is what it was before, that no bystander missed anything, and
    /// that the server never held more than `most_kib` beyond what it had; prints the line.
    ///
    /// `answer` is what the attacker was told, in words.
    pub async fn ends(self, answer: &str, most_kib: u64) {
        self.has_calmed_down().await;
        self.takes_a_newcomer().await;
        self.has_calmed_down().await;
        let grown = self.before.until_now(self.server.pid());
        let log = self.server.log();
        assert!(self.may_panic || !log.contains("panicked"), "{log}");
        let noticed = self.bystanders.ask();
        println!("\nattack | {} | {answer} | {noticed} | {grown}", self.name);
        if let Some(peak_kib) = grown.peak_kib() {
            assert!(peak_kib <= most_kib, "{peak_kib} of {most_kib} KiB more");
        }
    }

    async fn takes_a_newcomer(&self) {
        let mut client = self.connect(OPEN).await;
        client
            .send_text(r#"{"event":"echo","payload":"new here","id":1}"#)
            .await;
        assert_eq!(
            client.text().await,
            r#"{"event":"orcs:ack","payload":"new here","id":1}"#
        );
    }

    /// Only the bystanders are left, and the descriptors of the others are closed.
    async fn has_calmed_down(&self) {
        let mut calm = None;
        for _ in 0..1000 {
            let stats = try_stats(self.server.address).await.unwrap_or_default();
            let counts = ["connections", "rooms", "sockets"].map(|key| stats[key].as_u64());
            // Whoever asks has a socket too.
            let expected = [bystanders::COUNT, 1, bystanders::COUNT + 1].map(Some);
            let now = self.before.until_now(self.server.pid());
            calm = Some((counts, expected, now.descriptors()));
            // Asking leaves its own connection open for a moment.
            if counts == expected && now.descriptors().is_none_or(|more| more <= 0) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("still not so after 10 s: (counted, expected, descriptors more): {calm:?}");
    }
}

async fn stats(address: SocketAddr) -> Value {
    try_stats(address).await.expect("room for one who asks")
}

/// None when there is no room for whoever asks.
async fn try_stats(address: SocketAddr) -> Option<Value> {
    let request = "GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = within(async { RawClient::tcp(address).await.request(request).await }).await;
    if [429, 503].contains(&answer.status) {
        return None;
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    Some(serde_json::from_str(&answer.body).expect("counts are JSON"))
}
