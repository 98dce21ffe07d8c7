//! What is kept of a request with the connection that it became.

use super::Request;
use crate::path::Params;
use http::HeaderName;

/// What a connection's handlers may still ask of its request.
#[derive(Default)]
pub(crate) struct Kept {
    /// None where it is the route's own.
    pub(crate) path: Option<Box<str>>,
    /// Without the token.
    query: Box<str>,
    pub(crate) params: Params,
    /// One for each header that the route names; empty if it names none.
    headers: Box<[Option<Box<str>>]>,
    pub(crate) subprotocol: Option<Box<str>>,
}

impl Kept {
    /// None where there is nothing that the route does not know itself: most connections keep
    /// nothing.
    pub(crate) fn of(request: &Request, route: &str, headers: &[HeaderName]) -> Option<Box<Self>> {
        let asked = request.asked();
        let header = |name: &HeaderName| request.header(name.as_str()).map(Box::from);
        let kept = Self {
            path: (asked.path != route).then(|| asked.path.as_str().into()),
            query: asked.query.as_str().into(),
            params: asked.params.clone(),
            headers: headers.iter().map(header).collect(),
            subprotocol: asked.subprotocol.as_deref().map(Box::from),
        };
        let is_nothing = kept.path.is_none()
            && kept.query.is_empty()
            && kept.params.is_empty()
            && kept.headers.iter().all(Option::is_none)
            && kept.subprotocol.is_none();
        (!is_nothing).then(|| Box::new(kept))
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        value_in(&self.query, name)
    }

    /// The value of the header at this place among those that the route names.
    pub(crate) fn header(&self, place: usize) -> Option<&str> {
        self.headers.get(place)?.as_deref()
    }
}

/// The first value of this name in a query, decoded.
pub(super) fn value_in(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
