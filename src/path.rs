//! Paths of routes: what a route answers to, and what a request's path tells it.

mod decoded;
mod own;
mod params;
mod paths;
mod pattern;
mod segment;
#[cfg(test)]
mod tests;

pub(crate) use own::{OWN, is_own};
pub(crate) use params::Params;
#[cfg(feature = "fuzzing")]
pub(crate) use paths::MAX_BYTES;
pub(crate) use paths::Paths;
pub(crate) use pattern::Pattern;
