//! Many paths, and which of them a request means.

use super::{Params, Pattern, decoded};
use std::collections::HashMap;

/// What belongs to each of many paths.
///
/// A path without patterns is found first, and by one look-up. Of several patterns that fit,
/// the most static one counts ([`Pattern::most_static_first`]), then the one that was given first.
pub(crate) struct Paths<T> {
    exact: HashMap<String, T>,
    patterns: Vec<(Pattern, T)>,
}

impl<T> Paths<T> {
    /// The one that a request's path, as it was sent, means.
    pub(crate) fn find(&self, path: &str) -> Option<(&T, Params)> {
        let is_plain = !path.contains('%');
        if is_plain && let Some(found) = self.exact.get(path) {
            return Some((found, Params::default()));
        }
        if path.len() > MAX_BYTES || is_plain && self.patterns.is_empty() {
            return None;
        }
        let segments = decoded::segments(path)?;
        if !is_plain && let Some(found) = self.exact.get(&decoded::key(&segments)) {
            return Some((found, Params::default()));
        }
        self.patterns.iter().find_map(|(pattern, found)| {
            let params = pattern.fit(&segments)?;
            Some((found, params))
        })
    }
}

#[cfg(feature = "testing")]
impl<T> Paths<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let patterns = self.patterns.iter().map(|(_, belonging)| belonging);
        self.exact.values().chain(patterns)
    }
}

impl<T> FromIterator<(Pattern, T)> for Paths<T> {
    fn from_iter<I: IntoIterator<Item = (Pattern, T)>>(paths: I) -> Self {
        let mut exact = HashMap::new();
        let mut patterns = Vec::new();
        for (pattern, belonging) in paths {
            match pattern.exact() {
                Some(key) => {
                    exact.entry(key).or_insert(belonging);
                }
                None => patterns.push((pattern, belonging)),
            }
        }
        // A stable sort: of two that are as static, the one given first stays first.
        patterns.sort_by_key(|(pattern, _)| pattern.most_static_first());
        Self { exact, patterns }
    }
}

/// A longer path fits no pattern: what one costs is its length times the patterns there are.
pub(crate) const MAX_BYTES: usize = 4096;
