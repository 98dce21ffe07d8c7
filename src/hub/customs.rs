//! The codecs of the app's own, and the routes whose clients speak them.

use super::{RouteNumber, Scope};
use crate::codec::Custom;

/// The app's own codecs, in the order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct Customs {
    codecs: Box<[Custom]>,
    routes: Box<[RouteNumber]>,
}

impl Customs {
    /// `routes` are those whose clients speak one of them.
    pub(crate) fn new(codecs: Vec<Custom>, routes: Vec<RouteNumber>) -> Self {
        Self {
            codecs: codecs.into(),
            routes: routes.into(),
        }
    }

    pub(super) fn codecs(&self) -> &[Custom] {
        &self.codecs
    }

    /// Whether a client in this scope may speak one of them.
    pub(super) fn may_be_spoken_in(&self, scope: Scope) -> bool {
        self.routes.iter().any(|route| scope.holds(*route))
    }
}
