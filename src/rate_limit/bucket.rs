//! Buckets of messages that refill with time, each one number: when it is full again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A limit as buckets count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// How long it takes until one more fits.
    interval_ns: u64,
    burst: u32,
}

impl Rate {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            interval_ns: (NANOSECONDS / u64::from(per_second.max(1))).max(1),
            burst,
        }
    }

    pub(super) fn burst(&self) -> u32 {
        self.burst
    }

    /// When a bucket is full again once one more was taken out of it; or, if it is empty,
    /// how long until one fits.
    ///
    /// The generic cell rate algorithm (ITU-T I.371): a bucket that is full again at some
    /// moment lacks as many messages as refill until then.
    fn take(&self, full_at_ns: u64, sent: Sent) -> Result<u64, Duration> {
        let full_at_ns = full_at_ns.max(sent.since_ns) + self.interval_ns;
        let whole_ns = self.interval_ns * u64::from(self.burst);
        match full_at_ns.saturating_sub(sent.now_ns + whole_ns) {
            0 => Ok(full_at_ns),
            early_ns => Err(Duration::from_nanos(early_ns)),
        }
    }
}

/// When a message was sent, as far as that is known. Times are those since any moment that
/// stays the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    since_ns: u64,
    now_ns: u64,
}

impl Sent {
    /// It is read as it comes.
    pub(crate) fn at(now: Duration) -> Self {
        Self::between(now, now)
    }

    /// It may have waited since `since` for being read. What was sent evenly meanwhile is not
    /// too much, though it is read all at once.
    pub(crate) fn between(since: Duration, now: Duration) -> Self {
        Self {
            since_ns: nanoseconds(since.min(now)),
            now_ns: nanoseconds(now),
        }
    }
}

/// The bucket of one connection.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    full_at_ns: u64,
}

impl Bucket {
    /// Takes one.
    ///
    /// # Errors
    ///
    /// It is empty: how long until one fits.
    pub(crate) fn take(&mut self, rate: &Rate, sent: Sent) -> Result<(), Duration> {
        self.full_at_ns = rate.take(self.full_at_ns, sent)?;
        Ok(())
    }

    /// Whether one fits, without taking it.
    pub(super) fn would_take(&self, rate: &Rate, sent: Sent) -> Result<(), Duration> {
        rate.take(self.full_at_ns, sent).map(drop)
    }

    pub(super) fn is_full(&self, sent: Sent) -> bool {
        self.full_at_ns <= sent.now_ns
    }
}

/// A bucket that several connections take from, such as all of one user.
#[derive(Debug)]
pub(crate) struct SharedBucket {
    rate: Rate,
    full_at_ns: AtomicU64,
}

impl SharedBucket {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_at_ns: AtomicU64::new(0),
        }
    }

    pub(super) fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Takes one.
    ///
    /// # Errors
    ///
    /// It is empty: how long until one fits.
    pub(crate) fn take(&self, sent: Sent) -> Result<(), Duration> {
        let mut early = Duration::ZERO;
        let take = |full_at_ns| {
            self.rate
                .take(full_at_ns, sent)
                .map_err(|until| early = until)
                .ok()
        };
        // It guards no other memory.
        let taken = (self.full_at_ns).fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map(drop).map_err(|_| early)
    }

    /// Whether nothing is missing.
    pub(super) fn is_full(&self, sent: Sent) -> bool {
        self.full_at_ns.load(Ordering::Relaxed) <= sent.now_ns
    }
}

fn nanoseconds(time: Duration) -> u64 {
    // 584 years of them fit.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX >> 1)
}

const NANOSECONDS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::super::tests::{START, at, ms};
    use super::*;
    use std::sync::Arc;
    use std::thread;

    /// How many fit at one moment.
    fn taken(bucket: &mut Bucket, rate: &Rate, sent: Sent) -> usize {
        (0..10_000)
            .take_while(|_| bucket.take(rate, sent).is_ok())
            .count()
    }

    #[test]
    fn a_burst_fits_at_once_and_then_one_for_each_interval() {
        let rate = Rate::new(100, 200);
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, &rate, at(0)), 200);
        assert_eq!(taken(&mut bucket, &rate, at(9)), 0);
        assert_eq!(taken(&mut bucket, &rate, at(10)), 1);
        assert_eq!(taken(&mut bucket, &rate, at(100)), 9);
    }

    #[test]
    fn it_never_holds_more_than_a_burst() {
        let rate = Rate::new(100, 20);
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, &rate, at(0)), 20);
        assert!(!bucket.is_full(at(199)));
        assert!(bucket.is_full(at(200)));
        assert_eq!(taken(&mut bucket, &rate, at(3_600_000)), 20);
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_refused() {
        let rate = Rate::new(100, 1);
        let mut bucket = Bucket::default();
        for message in 0..1000 {
            assert_eq!(bucket.take(&rate, at(10 * message)), Ok(()));
        }
    }

    #[test]
    fn it_tells_when_the_next_one_fits() {
        let rate = Rate::new(10, 2);
        let mut bucket = Bucket::default();
        taken(&mut bucket, &rate, at(0));
        assert_eq!(bucket.take(&rate, at(0)), Err(ms(100)));
        assert_eq!(bucket.would_take(&rate, at(60)), Err(ms(40)));
        assert_eq!(bucket.take(&rate, at(60)), Err(ms(40)));
        assert_eq!(bucket.would_take(&rate, at(100)), Ok(()));
        assert_eq!(bucket.take(&rate, at(100)), Ok(()));
    }

    #[test]
    fn what_waited_to_be_read_was_sent_meanwhile() {
        let rate = Rate::new(100, 20);
        let since = |milliseconds| Sent::between(START + ms(milliseconds), START + ms(5000));
        let mut bucket = Bucket::default();
        taken(&mut bucket, &rate, at(0));
        // Nobody read for three seconds: 300 more than otherwise, and not one more than that.
        assert_eq!(taken(&mut bucket, &rate, since(2000)), 320);
        assert_eq!(taken(&mut bucket, &rate, since(0)), 0);
        assert_eq!(taken(&mut bucket, &rate, at(5100)), 10);
    }

    #[test]
    fn a_clock_that_goes_back_refuses_nobody_for_longer_than_a_burst_takes() {
        let rate = Rate::new(100, 200);
        let mut bucket = Bucket::default();
        taken(&mut bucket, &rate, at(0));
        let early = Sent::at(START - ms(500));
        assert_eq!(bucket.take(&rate, early), Err(ms(510)));
        assert_eq!(taken(&mut bucket, &rate, at(2000)), 200);
    }

    #[test]
    fn the_largest_numbers_overflow_nothing() {
        let rates = [
            Rate::new(1, u32::MAX),
            Rate::new(u32::MAX, u32::MAX),
            Rate::new(u32::MAX, 1),
        ];
        for rate in rates {
            let mut bucket = Bucket::default();
            let century = Duration::from_secs(100 * 365 * 24 * 3600);
            assert_eq!(bucket.take(&rate, Sent::at(century)), Ok(()), "{rate:?}");
        }
    }

    #[test]
    fn a_shared_bucket_is_one_for_all() {
        let bucket = SharedBucket::new(Rate::new(10, 3));
        for _ in 0..3 {
            assert_eq!(bucket.take(at(0)), Ok(()));
        }
        assert_eq!(bucket.take(at(0)), Err(ms(100)));
        assert!(!bucket.is_full(at(299)));
        assert!(bucket.is_full(at(300)));
        assert_eq!(bucket.take(at(100)), Ok(()));
    }

    #[test]
    fn threads_take_no_more_than_there_is() {
        let bucket = Arc::new(SharedBucket::new(Rate::new(1, 1000)));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let bucket = Arc::clone(&bucket);
                let take = move || (0..1000).filter(|_| bucket.take(at(0)).is_ok()).count();
                thread::spawn(take)
            })
            .collect();
        let taken: usize = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum();
        assert_eq!(taken, 1000);
    }
}
