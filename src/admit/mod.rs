//! Who may come in: what a connection's data is made of, or why it is refused.

mod admission;
mod admits;
mod from_token;
mod identity;
mod lease;
mod middleware;
pub(crate) mod param;
mod refusal;
mod remembered;
mod request;
mod verdict;

pub(crate) use admission::Admission;
pub use admits::Admits;
pub use from_token::FromToken;
pub(crate) use identity::Identity;
pub(crate) use lease::Due;
pub(crate) use middleware::{Gate, Middleware, middleware};
pub use refusal::Refusal;
pub(crate) use remembered::{Remembered, too_much};
pub(crate) use request::Asked;
pub use request::Request;
pub use verdict::Verdict;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// Each connection's data, whatever its type.
pub(crate) type Data = Box<dyn Any + Send + Sync>;

/// What middleware has kept with a connection, by its type.
pub(crate) type Values = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// What is known of a client that is let in.
pub(crate) struct Admitted {
    pub(crate) data: Data,
    /// Boxed: most clients have none of these.
    pub(crate) identity: Option<Box<Identity>>,
    pub(crate) values: Option<Box<Values>>,
    pub(crate) remembered: Option<Box<Remembered>>,
}

impl Admitted {
    pub(crate) fn new(data: Data, identity: Identity, values: Values) -> Self {
        Self {
            data,
            identity: identity.is_known().then(|| Box::new(identity)),
            values: (!values.is_empty()).then(|| Box::new(values)),
            remembered: None,
        }
    }

    /// With what is kept of its request.
    pub(crate) fn keeping(self, remembered: Option<Box<Remembered>>) -> Self {
        Self { remembered, ..self }
    }

    /// Nobody: for a connection that is closed at once.
    pub(crate) fn nobody() -> Self {
        Self {
            data: Box::new(()),
            identity: None,
            values: None,
            remembered: None,
        }
    }
}
