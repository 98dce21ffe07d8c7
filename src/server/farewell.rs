//! Sends everybody away: at once when the server stops, spread when it restarts.

use crate::close::{Close, code};
use crate::config::Config;
use crate::hub::Hub;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long it takes at most to tell everybody that the server ends by `close`.
pub(super) fn longest(close: &Close, config: &Config) -> Duration {
    match config.restart_spread {
        // After any other code nobody comes back by itself.
        Some(spread) if close.code == code::RESTART => spread,
        _ => Duration::ZERO,
    }
}

/// Closes everybody who is there now, each behind what waits for it.
///
/// Whoever comes in meanwhile is [`Front::connect`](super::front::Front::connect)'s.
pub(super) async fn send_away(hub: &Hub, close: &Close, longest: Duration) {
    tell(hub.everybody(), longest, |member| {
        hub.end(&member, close.clone());
    })
    .await;
}

/// Tells a few at once, and the others evenly over a time that grows with their number.
async fn tell<T>(everybody: Vec<T>, longest: Duration, mut tell: impl FnMut(T)) {
    let pace = Pace::of(everybody.len(), longest);
    let begin = Instant::now();
    let mut told = 0;
    let mut rest = everybody.into_iter();
    loop {
        let due = pace.due(begin.elapsed());
        rest.by_ref().take(due - told).for_each(&mut tell);
        told = due;
        if told == pace.number {
            return;
        }
        sleep(TICK).await;
    }
}

/// How many are told by when.
struct Pace {
    number: usize,
    /// Of those behind the first [`AT_ONCE`].
    time: Duration,
}

impl Pace {
    fn of(number: usize, longest: Duration) -> Self {
        let behind = number.saturating_sub(AT_ONCE);
        let time = Duration::from_secs_f64(behind as f64 / PER_SECOND);
        Self {
            number,
            time: time.min(longest),
        }
    }

    fn due(&self, elapsed: Duration) -> usize {
        if elapsed >= self.time {
            return self.number;
        }
        let part = elapsed.as_secs_f64() / self.time.as_secs_f64();
        let behind = self.number - AT_ONCE;
        AT_ONCE + (behind as f64 * part) as usize
    }
}

/// A desk's or an office's clients are back before anybody looks.
const AT_ONCE: usize = 100;

/// Handshakes that a server takes in passing on one core, with a `connect` that asks a
/// database: a millisecond for each.
const PER_SECOND: f64 = 1000.0;

const TICK: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::close::Initiator;

    /// When each of so many is told, in milliseconds.
    async fn moments(number: usize, longest: Duration) -> Vec<u128> {
        let begin = Instant::now();
        let mut moments = Vec::new();
        let everybody = (0..number).collect();
        tell(everybody, longest, |_| {
            moments.push(begin.elapsed().as_millis());
        })
        .await;
        moments
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_are_told_at_once() {
        for number in [0, 1, 100] {
            let moments = moments(number, Duration::from_secs(5)).await;
            assert_eq!(moments, vec![0; number]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_are_told_over_a_time_that_grows_with_their_number_up_to_the_limit() {
        let limit = Duration::from_secs(5);
        for (number, last) in [(600, 500), (2100, 2000), (5100, 5000), (100_100, 5000)] {
            let moments = moments(number, limit).await;
            assert_eq!(moments.len(), number);
            let end = *moments.last().expect("there are some");
            assert!((last..last + 50).contains(&end), "{number}: {end} ms");
            let told = |until| moments.iter().filter(|at| **at <= until).count();
            assert_eq!(told(0), AT_ONCE);
            for quarter in 1..4 {
                let evenly = AT_ONCE + (number - AT_ONCE) * quarter / 4;
                let in_a_tick = (number - AT_ONCE) * 20 / last as usize;
                let told = told(last * quarter as u128 / 4);
                assert!(told.abs_diff(evenly) <= in_a_tick + 1, "{number}: {told}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_spread_everybody_is_told_at_once() {
        assert_eq!(moments(5000, Duration::ZERO).await, vec![0; 5000]);
    }

    #[test]
    fn only_a_restart_is_spread() {
        let mut config = Config::default();
        let close = |code| Close::new(code, "", Initiator::Server);
        let (restart, stop) = (close(code::RESTART), close(code::GOING_AWAY));
        assert_eq!(longest(&restart, &config), Duration::from_secs(5));
        assert_eq!(longest(&stop, &config), Duration::ZERO);
        config.restart_spread = None;
        assert_eq!(longest(&restart, &config), Duration::ZERO);
    }
}
