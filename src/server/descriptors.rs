//! How many connections this process can hold: each one takes a file descriptor.

/// Raises the soft limit to the hard one, as servers do for themselves: the soft one is low
/// for the sake of old programs that count descriptors in a bit set.
#[cfg(unix)]
pub(super) fn allow_more() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!("the limit on open files stays as it is: {error}");
    }
}

#[cfg(not(unix))]
pub(super) fn allow_more() {}

/// Nine tenths of the descriptors that the process may open, and at most a million.
///
/// The rest is for listeners, files and the app's own connections, and for telling those
/// who find no room.
pub(super) fn most_connections() -> usize {
    nine_tenths(limit())
}

fn nine_tenths(limit: Option<u64>) -> usize {
    let limit = limit.unwrap_or(u64::MAX).min(2 * MOST);
    let connections = (limit * 9 / 10).clamp(1, MOST);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// The soft limit, which is the one that counts; none where there is no limit.
#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}

/// What a Linux kernel allows a process unless it is told otherwise (`fs.nr_open`).
/// Containers often say a billion, which bounds nothing.
const MOST: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_descriptors_is_left_for_other_things() {
        for (limit, connections) in [
            (Some(0), 1),
            (Some(1), 1),
            (Some(1024), 921),
            (Some(1 << 20), 943_718),
            (Some(1 << 30), 1 << 20),
            (Some(u64::MAX), 1 << 20),
            (None, 1 << 20),
        ] {
            assert_eq!(nine_tenths(limit), connections, "{limit:?}");
        }
        assert!(most_connections() >= 1);
    }
}
