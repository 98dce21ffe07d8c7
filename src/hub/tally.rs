//! How often limits have bitten.

use std::sync::atomic::{AtomicU64, Ordering};

/// One count for each limit, touched only when it bites.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) rate_limited: Count,
    pub(crate) too_many_pings: Count,
    pub(crate) too_many_bad_frames: Count,
    pub(crate) message_timeouts: Count,
    pub(crate) write_stalls: Count,
    pub(crate) inbound_refused: Count,
    pub(crate) admission_timeouts: Count,
    pub(crate) handler_timeouts: Count,
    pub(crate) joins_refused: Count,
    pub(crate) tasks_refused: Count,
    pub(crate) let_in: Count,
    pub(crate) bad_handshakes: Count,
    pub(crate) insecure: Count,
    pub(crate) foreign_origins: Count,
    pub(crate) unauthorized: Count,
    pub(crate) csrf_refused: Count,
    pub(crate) admissions_refused: Count,
    pub(crate) admissions_failed: Count,
    pub(crate) renewals_refused: Count,
    pub(crate) tokens_expired: Count,
    pub(crate) http_refused: Count,
    pub(crate) http_timeouts: Count,
    pub(crate) violations: Count,
    pub(crate) unsupported: Count,
    pub(crate) bad_frames: Count,
    pub(crate) unknown_events: Count,
    pub(crate) invalid_payloads: Count,
    pub(crate) events_refused: Count,
    pub(crate) handlers_failed: Count,
    pub(crate) handlers_panicked: Count,
    pub(crate) sends_refused: Count,
    pub(crate) silent: Count,
    pub(crate) close_timeouts: Count,
}

/// What slow clients cost, counted by all outboxes.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Messages that they missed.
    pub(crate) messages: Count,
    /// Those that were closed for it.
    pub(crate) clients: Count,
}

/// Of this process and not of one app: threads that a turn held on to.
pub(crate) static HELD_THREADS: Count = Count::new();

/// Of this process: payloads that could not be written as JSON.
pub(crate) static UNWRITABLE: Count = Count::new();

/// How often something has happened.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn add_one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, times: u32) {
        self.0.fetch_add(times.into(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
