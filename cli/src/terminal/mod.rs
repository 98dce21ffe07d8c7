//! What is said to who sits there: answers, words beside them, refusals.

pub mod answer;
mod failure;
pub mod mode;
mod nearest;
mod say;
pub mod shell;
pub mod table;

pub use failure::Failure;
pub use mode::is_interactive;
pub use nearest::nearest;
pub(crate) use say::{insist, say};
