//! Clients who have nothing to do with the attack, and must not notice it.

use crate::common::eventually;
use crate::common::raw::{FIN, Frame, PING, PONG, RawClient, TEXT, masked, upgrade_request};
use crate::server::{OPEN, SQUARE};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How many there are.
pub const COUNT: u64 = 10;

/// Each asks something every 20 ms and hears the news; all on a thread of their own, so that
/// what an attack costs the attacker does not delay them.
pub struct Bystanders {
    thread: Option<JoinHandle<Vec<Duration>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: AtomicUsize,
    is_enough: AtomicBool,
}

/// How long they waited for their answers.
pub struct Noticed(Vec<Duration>);

impl Bystanders {
    /// Connects them, and waits until everybody was answered for a while.
    pub async fn of(address: SocketAddr) -> Self {
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(stand_by(address, own))
        });
        let answers = Arc::clone(&shared);
        let bystanders = Self {
            thread: Some(thread),
            shared,
        };
        eventually(move || answers.answers.load(Ordering::Relaxed) >= 5 * COUNT as usize).await;
        bystanders
    }

    /// Lets them go, and asks them what they noticed.
    ///
    /// # Panics
    ///
    /// When one of them missed something.
    pub fn ask(mut self) -> Noticed {
        self.shared.is_enough.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("they are asked once");
        let mut times = thread.join().expect("no bystander missed anything");
        times.sort_unstable();
        Noticed(times)
    }
}

impl Drop for Bystanders {
    fn drop(&mut self) {
        self.shared.is_enough.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // The attack has failed already.
            let _ = thread.join();
        }
    }
}

async fn stand_by(address: SocketAddr, shared: Arc<Shared>) -> Vec<Duration> {
    let mut all = JoinSet::new();
    for _ in 0..COUNT {
        all.spawn(bystander(address, Arc::clone(&shared)));
    }
    let mut times = Vec::new();
    while let Some(ended) = all.join_next().await {
        times.extend(ended.expect("a bystander is answered"));
    }
    times
}

async fn bystander(address: SocketAddr, shared: Arc<Shared>) -> Vec<Duration> {
    let mut client = RawClient::tcp(address).await;
    let answer = client.request(&upgrade_request(OPEN, "")).await;
    assert_eq!(answer.status, 101, "{answer:?}");
    client
        .send_text(&format!(r#"{{"event":"join","payload":"{SQUARE}"}}"#))
        .await;
    let mut bystander = Bystander { client, news: None };
    let mut times = Vec::new();
    let mut ticks = interval(EACH);
    // Who was answered late does not ask more often then.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0.. {
        ticks.tick().await;
        times.push(bystander.asks(number).await);
        shared.answers.fetch_add(1, Ordering::Relaxed);
        if shared.is_enough.load(Ordering::Relaxed) {
            break;
        }
    }
    bystander.still_hears_the_news().await;
    times
}

struct Bystander {
    client: RawClient,
    /// The number of the last.
    news: Option<u64>,
}

impl Bystander {
    /// How long it takes to be answered.
    async fn asks(&mut self, number: u64) -> Duration {
        let asked = Instant::now();
        let question = format!(r#"{{"event":"echo","payload":"hello","id":{number}}}"#);
        self.client.send_text(&question).await;
        let answer = format!(r#"{{"event":"orcs:ack","payload":"hello","id":{number}}}"#);
        loop {
            let heard = self.hears().await;
            if heard == Frame::new(TEXT, answer.as_bytes()) {
                return asked.elapsed();
            }
            self.reads(&heard);
        }
    }

    async fn still_hears_the_news(&mut self) {
        let heard = self.hears().await;
        self.reads(&heard);
    }

    /// The next frame that is no ping.
    async fn hears(&mut self) -> Frame {
        loop {
            let heard = self.client.frame().await;
            if heard != Frame::new(PING, b"") {
                return heard;
            }
            self.client.send(masked(FIN | PONG, b"")).await;
        }
    }

    /// The news come one by one.
    fn reads(&mut self, heard: &Frame) {
        let text = str::from_utf8(&heard.payload).unwrap_or_default();
        let number = (text.strip_prefix(r#"{"event":"news","payload":"#))
            .and_then(|rest| rest.strip_suffix('}')?.parse().ok());
        let (FIN_TEXT, Some(number)) = (heard.first, number) else {
            panic!("a bystander hears {heard:?}");
        };
        if let Some(last) = self.news.replace(number) {
            assert_eq!(number, last + 1, "a bystander has missed news");
        }
    }
}

const FIN_TEXT: u8 = FIN | TEXT;

/// Half of what `WS_RATE_LIMIT` allows by default: who does nothing wrong is refused nothing,
/// and the server under attack keeps the settings that people run it with.
const EACH: Duration = Duration::from_millis(20);

/// `p50 | p99 | max`, in milliseconds.
impl fmt::Display for Noticed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len() - 1;
        let times = [last / 2, last * 99 / 100, last].map(|index| self.0[index].as_secs_f64());
        let [half, most, all] = times.map(|seconds| 1000.0 * seconds);
        write!(f, "{half:.1} | {most:.1} | {all:.1}")
    }
}
