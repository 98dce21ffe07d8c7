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
}

/// How often something has happened.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
