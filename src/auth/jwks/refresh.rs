//! The task that asks an issuer for its keys, again and again.

use super::fetch::{Answer, Source};
use super::set::{self, Key};
use super::{Known, Shared};
use std::sync::Arc;
use std::time::Duration;

/// Keeps the keys fresh for as long as somebody holds them.
pub(super) async fn keep_fresh(shared: Arc<Shared>, source: Source) {
    let mut issuer = Issuer {
        shared,
        source,
        failures: 0,
        has_answered: false,
    };
    loop {
        let pause = issuer.ask().await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = issuer.shared.wanted.notified() => {}
        }
    }
}

/// An issuer, and how it has answered so far.
struct Issuer {
    shared: Arc<Shared>,
    source: Source,
    /// How often it failed since it last answered.
    failures: u32,
    has_answered: bool,
}

impl Issuer {
    /// Asks once, and tells how long to wait.
    async fn ask(&mut self) -> Duration {
        self.shared
            .known
            .send_modify(|known| known.is_fetching = true);
        let answer = self.source.get().await;
        let keys = answer.and_then(|Answer { body, max_age }| {
            let keys = set::read(&body, self.shared.algorithm)?;
            Ok((keys, max_age))
        });
        match keys {
            Ok((keys, max_age)) => {
                self.tell_of(&keys);
                self.publish(|known| known.keys = keys);
                self.shared.pace.after(max_age)
            }
            Err(why) => {
                self.tell_of_failure(&why);
                // The keys it gave last stay.
                self.publish(|_| ());
                self.shared.pace.after_failures(self.failures)
            }
        }
    }

    fn publish(&self, change: impl FnOnce(&mut Known)) {
        self.shared.known.send_modify(|known| {
            change(known);
            known.is_fetching = false;
        });
    }

    /// Says something when something has changed: an outage is one line, its end another.
    fn tell_of(&mut self, keys: &[Key]) {
        let (source, algorithm) = (&self.source, self.shared.algorithm);
        let had_keys = !self.shared.known.borrow().keys.is_empty();
        if keys.is_empty() && (had_keys || !self.has_answered) {
            tracing::error!("{source} publishes no key for {algorithm}; every token is refused");
        } else if !self.has_answered {
            tracing::info!("{} keys for {algorithm} from {source}", keys.len());
        } else if self.failures > 0 {
            tracing::info!("{source} gives its keys again");
        }
        self.has_answered = true;
        self.failures = 0;
    }

    fn tell_of_failure(&mut self, why: &str) {
        let source = &self.source;
        if self.failures > 0 {
            tracing::debug!("{source} still gives no keys: {why}");
        } else if self.has_answered {
            tracing::warn!("{source} gives no keys: {why}; those it gave last stay in use");
        } else {
            tracing::error!("{source} gives no keys: {why}; every token is refused until it does");
        }
        self.failures = self.failures.saturating_add(1);
    }
}
