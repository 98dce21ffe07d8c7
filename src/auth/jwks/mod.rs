//! An issuer's keys (RFC 7517): asked for over HTTP, kept, and asked for again.

mod fetch;
mod pace;
mod refresh;
mod set;
#[cfg(test)]
mod tests;

use crate::config::Algorithm;
use fetch::Source;
use jsonwebtoken::DecodingKey;
use pace::Pace;
use set::Key;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// An issuer's keys. They are kept fresh until this is dropped.
#[derive(Debug)]
pub(super) struct Jwks {
    shared: Arc<Shared>,
    refresher: AbortHandle,
}

/// What those who verify share with the task that asks the issuer.
#[derive(Debug)]
struct Shared {
    algorithm: Algorithm,
    pace: Pace,
    known: watch::Sender<Known>,
    /// Somebody needs a key that is not known.
    wanted: Notify,
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<Key>,
    is_fetching: bool,
    /// When a token with an unknown key last made us ask.
    asked_at: Option<Instant>,
}

impl Jwks {
    /// Begins to ask for the keys at this address that verify what `algorithm` signs.
    ///
    /// # Errors
    ///
    /// No way to tell the issuer from others: a machine without root certificates.
    pub(super) fn new(url: &str, algorithm: Algorithm) -> Result<Self, String> {
        let pace = Pace::default();
        Ok(Self::with(Source::new(url, &pace)?, algorithm, pace))
    }

    fn with(source: Source, algorithm: Algorithm, pace: Pace) -> Self {
        let shared = Arc::new(Shared {
            algorithm,
            pace,
            // Who comes before the first answer waits for it.
            known: watch::Sender::new(Known {
                is_fetching: true,
                ..Known::default()
            }),
            wanted: Notify::new(),
        });
        let task = tokio::spawn(refresh::keep_fresh(Arc::clone(&shared), source));
        Self {
            shared,
            refresher: task.abort_handle(),
        }
    }

    /// The keys of this name, or all of them for a token that names none.
    ///
    /// An unknown name is asked for, and waited for, but one in 30 seconds only: names
    /// that somebody makes up cost the issuer nothing. No lock is held meanwhile.
    pub(super) async fn named(&self, id: Option<&str>) -> Vec<DecodingKey> {
        let known = self.shared.look_up(id);
        if !known.is_empty() {
            return known;
        }
        self.shared.ask();
        let mut changes = self.shared.known.subscribe();
        // Each request ends in time, and the sender is ours: there is an end of the wait.
        drop(changes.wait_for(|known| !known.is_fetching).await);
        self.shared.look_up(id)
    }
}

impl Drop for Jwks {
    fn drop(&mut self) {
        self.refresher.abort();
    }
}

impl Shared {
    fn look_up(&self, id: Option<&str>) -> Vec<DecodingKey> {
        let known = self.known.borrow();
        let fits = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        known
            .keys
            .iter()
            .filter(fits)
            .map(|key| key.key.clone())
            .collect()
    }

    /// Has the issuer asked now, unless it is being asked, or was for the same reason just
    /// before.
    fn ask(&self) {
        let now = Instant::now();
        let asks = self.known.send_if_modified(|known| {
            let free_at = known.asked_at.map(|at| at + self.pace.between_unknown);
            let asks = !known.is_fetching && free_at.is_none_or(|free_at| free_at <= now);
            if asks {
                known.is_fetching = true;
                known.asked_at = Some(now);
            }
            asks
        });
        if asks {
            self.wanted.notify_one();
        }
    }
}
