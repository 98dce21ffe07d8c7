//! Where the framework answers by itself.

use super::decoded;

/// No route gets a path below this segment.
pub(crate) const OWN: &str = "_orcs";

/// Whether a path is one of those, as a request sends it or a route writes it: `/%5Forcs/csrf`
/// too.
pub(crate) fn is_own(path: &str) -> bool {
    let behind_slash = path.strip_prefix('/');
    let first = behind_slash.and_then(|segments| segments.split_once('/'));
    first.is_some_and(|(first, _)| decoded::segment(first).is_some_and(|first| first == OWN))
}
