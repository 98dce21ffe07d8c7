//! What all connections together hold of what is not handled yet.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The sum, in bytes. A connection touches it only when what it holds changes.
#[derive(Default)]
pub(crate) struct Inbound(AtomicUsize);

impl Inbound {
    /// A connection that holds `before` bytes goes on with `after`. False if it may not:
    /// the sum would be more than `limit_bytes`, and stays as it is.
    ///
    /// Holding less is never refused.
    pub(crate) fn change(&self, before: usize, after: usize, limit_bytes: usize) -> bool {
        let changed = |sum: usize| {
            let sum = sum.saturating_sub(before).saturating_add(after);
            (after <= before || sum <= limit_bytes).then_some(sum)
        };
        // It guards no other memory.
        (self.0)
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed)
            .is_ok()
    }

    /// A connection lets go of all that it holds.
    pub(crate) fn let_go(&self, bytes: usize) {
        self.change(bytes, 0, 0);
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_is_left() {
        let inbound = Inbound::default();
        assert!(inbound.change(0, 600, 1000));
        assert!(inbound.change(0, 400, 1000));
        assert!(!inbound.change(400, 401, 1000));
        assert!(!inbound.change(0, 1, 1000));
        assert_eq!(inbound.bytes(), 1000, "a refusal changes nothing");
        assert!(inbound.change(600, 100, 1000));
        assert!(inbound.change(400, 900, 1000));
        inbound.let_go(900);
        inbound.let_go(100);
        assert_eq!(inbound.bytes(), 0);
    }

    #[test]
    fn who_holds_less_is_not_refused_though_it_is_too_much() {
        let inbound = Inbound::default();
        assert!(inbound.change(0, 1000, 1000));
        assert!(inbound.change(1000, 900, 100));
        assert_eq!(inbound.bytes(), 900);
    }
}
