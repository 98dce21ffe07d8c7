//! Counts one connection's messages, and says what becomes of those over the limit.

use super::{Bucket, Rate, Sent, SharedBucket};
use std::time::Duration;

/// The messages of one connection.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    bucket: Bucket,
    /// How many were refused since the bucket was full.
    refused: u32,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is handled.
    Taken,
    /// It is not, and its sender is told so, and when the next one fits.
    Refused { retry_after: Duration },
    /// It is not; its sender was told with an earlier one.
    Ignored,
    /// It is one too many: its sender is closed.
    TooMany,
}

impl Meter {
    /// Counts a message, for the connection and for the user that it is one of.
    pub(crate) fn count(
        &mut self,
        rate: Option<&Rate>,
        user: Option<&SharedBucket>,
        sent: Sent,
    ) -> Verdict {
        if self.refused > 0 && self.is_calm(user, sent) {
            self.refused = 0;
        }
        match self.take(rate, user, sent) {
            Ok(()) => Verdict::Taken,
            Err((retry_after, rate)) => {
                self.refused += 1;
                match self.refused {
                    // Told at least once, also where one message is a whole burst.
                    1 => Verdict::Refused { retry_after },
                    refused if refused >= rate.burst() => Verdict::TooMany,
                    _ => Verdict::Ignored,
                }
            }
        }
    }

    fn is_calm(&self, user: Option<&SharedBucket>, sent: Sent) -> bool {
        self.bucket.is_full(sent) && user.is_none_or(|bucket| bucket.is_full(sent))
    }

    /// Takes one out of both buckets or of none. What is refused costs nothing, so the rate
    /// is what gets through, however much more is sent.
    fn take(
        &mut self,
        rate: Option<&Rate>,
        user: Option<&SharedBucket>,
        sent: Sent,
    ) -> Result<(), (Duration, Rate)> {
        if let (Some(rate), Some(user)) = (rate, user) {
            (self.bucket.would_take(rate, sent)).map_err(|until| (until, *rate))?;
            user.take(sent).map_err(|until| (until, *user.rate()))?;
            // It was seen to fit.
            let _ = self.bucket.take(rate, sent);
            return Ok(());
        }
        if let Some(rate) = rate {
            return (self.bucket.take(rate, sent)).map_err(|until| (until, *rate));
        }
        match user {
            Some(user) => user.take(sent).map_err(|until| (until, *user.rate())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, ms};
    use super::*;

    fn count_all(meter: &mut Meter, rate: &Rate, messages: usize, sent: Sent) -> Vec<Verdict> {
        (0..messages)
            .map(|_| meter.count(Some(rate), None, sent))
            .collect()
    }

    #[test]
    fn the_first_refusal_is_told_and_a_burst_of_them_is_too_many() {
        let rate = Rate::new(100, 4);
        let mut meter = Meter::default();
        let verdicts = count_all(&mut meter, &rate, 8, at(0));
        assert_eq!(verdicts[..4], [const { Verdict::Taken }; 4]);
        let retry_after = ms(10);
        assert_eq!(verdicts[4], Verdict::Refused { retry_after });
        assert_eq!(verdicts[5..7], [const { Verdict::Ignored }; 2]);
        assert_eq!(verdicts[7], Verdict::TooMany);
    }

    #[test]
    fn refusals_are_told_anew_only_once_the_bucket_was_full() {
        let rate = Rate::new(100, 4);
        let mut meter = Meter::default();
        count_all(&mut meter, &rate, 5, at(0));
        // Three of four are back, so that it is not full when the next come.
        let verdicts = count_all(&mut meter, &rate, 4, at(30));
        assert_eq!(verdicts[2..], [Verdict::Taken, Verdict::Ignored]);
        let full = at(30 + 40);
        let verdicts = count_all(&mut meter, &rate, 5, full);
        assert_eq!(verdicts[3], Verdict::Taken);
        assert!(matches!(verdicts[4], Verdict::Refused { .. }));
    }

    #[test]
    fn who_stays_a_little_over_the_rate_is_closed_after_a_burst_of_refusals() {
        let rate = Rate::new(100, 10);
        let mut meter = Meter::default();
        let mut refused = 0;
        // 125 a second, until somebody says stop.
        for message in 0.. {
            match meter.count(Some(&rate), None, at(8 * message)) {
                Verdict::Taken => {}
                Verdict::TooMany => break,
                Verdict::Refused { .. } | Verdict::Ignored => refused += 1,
            }
        }
        assert_eq!(refused, 9);
    }

    #[test]
    fn nobody_is_closed_who_was_not_told_before() {
        let rate = Rate::new(1, 1);
        let verdicts = count_all(&mut Meter::default(), &rate, 3, at(0));
        let retry_after = Duration::from_secs(1);
        let refused = Verdict::Refused { retry_after };
        assert_eq!(verdicts, [Verdict::Taken, refused, Verdict::TooMany]);
    }

    #[test]
    fn connections_of_one_user_share_its_bucket() {
        let rate = Rate::new(100, 10);
        let user = SharedBucket::new(Rate::new(10, 4));
        let (mut phone, mut laptop) = (Meter::default(), Meter::default());
        for meter in [&mut phone, &mut laptop] {
            for _ in 0..2 {
                let verdict = meter.count(Some(&rate), Some(&user), at(0));
                assert_eq!(verdict, Verdict::Taken);
            }
        }
        let retry_after = ms(100);
        for meter in [&mut phone, &mut laptop] {
            let verdict = meter.count(Some(&rate), Some(&user), at(0));
            assert_eq!(verdict, Verdict::Refused { retry_after }, "each is told");
        }
    }

    #[test]
    fn what_the_user_may_not_costs_the_connection_nothing_and_the_other_way_round() {
        let rate = Rate::new(1, 3);
        let user = SharedBucket::new(Rate::new(1, 2));
        let mut phone = Meter::default();
        for _ in 0..3 {
            phone.count(Some(&rate), Some(&user), at(0));
        }
        assert_eq!(phone.count(Some(&rate), None, at(0)), Verdict::Taken);

        let (rate, user) = (Rate::new(1, 2), SharedBucket::new(Rate::new(1, 3)));
        let mut phone = Meter::default();
        for _ in 0..3 {
            phone.count(Some(&rate), Some(&user), at(0));
        }
        assert_eq!(user.take(at(0)), Ok(()));
    }

    #[test]
    fn a_user_is_limited_where_its_connections_are_not() {
        let user = SharedBucket::new(Rate::new(1, 2));
        let mut phone = Meter::default();
        let verdicts: Vec<_> = (0..4)
            .map(|_| phone.count(None, Some(&user), at(0)))
            .collect();
        assert_eq!(verdicts[..2], [const { Verdict::Taken }; 2]);
        assert!(matches!(verdicts[2], Verdict::Refused { .. }));
        assert_eq!(verdicts[3], Verdict::TooMany);
        assert_eq!(phone.count(None, None, at(0)), Verdict::Taken);
    }
}
