//! What a request's path says for the names in a route's.

use std::sync::Arc;

/// The values of a path's names, in their order; empty where the path has no names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(Arc<str>, Box<str>)>);

impl Params {
    /// The value of this name, decoded; never empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| **other == *name)?;
        Some(value)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Arc<str>, Box<str>)> for Params {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Box<str>)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}
