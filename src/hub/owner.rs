//! Whom a client belongs to, as the layers above know it.

use std::any::Any;
use std::sync::Arc;

/// Whom a client belongs to.
pub(crate) trait Owner: Any + Send + Sync {
    /// Who the client is, if that is known. Never changes.
    fn user(&self) -> Option<&Arc<str>>;
}
