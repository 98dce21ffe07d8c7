//! A route's path that outlives its app.

use crate::lock::lock;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The same text, for as long as the process lives: a thread carries it as whose turn it is,
/// without counting who else does. Each path is kept once, however many apps start.
pub(super) fn lasting(path: &str) -> &'static str {
    let mut kept = lock(&KEPT);
    if let Some(known) = kept.get(path) {
        return known;
    }
    let lasting: &'static str = Box::leak(path.into());
    kept.insert(lasting);
    lasting
}

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_kept_once() {
        let first = lasting("/ws/kept");
        assert_eq!(first, "/ws/kept");
        assert!(std::ptr::eq(first, lasting(&String::from("/ws/kept"))));
    }
}
