//! Whom a message may reach at most: everybody, or the clients of one route.

/// A route, by its place among the app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct RouteNumber(pub(crate) u32);

/// Whom a message may reach at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Scope {
    /// The clients of all routes.
    #[default]
    Server,
    Route(RouteNumber),
    /// It was narrowed to several routes, or to one that there is not.
    Nobody,
}

impl Scope {
    /// Only those of this route, if it was for them.
    pub(super) fn narrowed_to(self, route: RouteNumber) -> Self {
        match self {
            Self::Server => Self::Route(route),
            Self::Route(own) if own == route => self,
            Self::Route(_) | Self::Nobody => Self::Nobody,
        }
    }

    pub(super) fn holds(self, route: RouteNumber) -> bool {
        match self {
            Self::Server => true,
            Self::Route(own) => own == route,
            Self::Nobody => false,
        }
    }
}
