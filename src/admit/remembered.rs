//! What is kept of a request with the connection that it became.

use super::{Asked, Request};
use crate::path::Params;
use http::HeaderName;

/// What a connection's handlers may still ask of its request.
#[derive(Default)]
pub(crate) struct Remembered {
    /// None where it is the route's own.
    pub(crate) path: Option<Box<str>>,
    /// Without the token.
    query: Box<str>,
    pub(crate) params: Params,
    /// One for each header that the route names; empty if it names none.
    headers: Box<[Option<Box<str>>]>,
    pub(crate) subprotocol: Option<Box<str>>,
}

impl Remembered {
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

/// An HTTP status and a sentence for a request of which a connection would have to keep too
/// much: whoever holds many connections must not hold much memory by them.
pub(crate) fn too_much(asked: &Asked, headers: &[HeaderName]) -> Option<(u16, String)> {
    if asked.path.len() + asked.query.len() > MAX_BYTES {
        let why = format!("a socket's path and query have at most {MAX_BYTES} bytes");
        return Some((414, why));
    }
    let values = headers.iter().filter_map(|name| asked.headers.get(name));
    if values.map(|value| value.len()).sum::<usize>() > MAX_BYTES {
        let why = format!("what this socket keeps of the headers has at most {MAX_BYTES} bytes");
        return Some((431, why));
    }
    None
}

/// The first value of this name in a query, decoded.
pub(super) fn value_in(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// As much as each connection may hold of what has not come whole, uncounted.
const MAX_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::WebSocketManager;
    use http::HeaderValue;

    const AGENT: [HeaderName; 1] = [http::header::USER_AGENT];

    fn asked(path: &str, query: &str, agent: &'static str) -> Asked {
        let mut asked = Asked {
            path: path.to_owned(),
            query: query.to_owned(),
            ..Asked::default()
        };
        let agent = HeaderValue::from_static(agent);
        asked.headers.insert(http::header::USER_AGENT, agent);
        asked
    }

    fn remembered(asked: Asked, headers: &[HeaderName]) -> Option<Box<Remembered>> {
        let manager = WebSocketManager::new(1, drop);
        Remembered::of(&Request::new(asked, None, manager), "/ws", headers)
    }

    #[test]
    fn most_connections_keep_nothing() {
        assert!(remembered(asked("/ws", "", "test/1"), &[]).is_none());
        assert!(remembered(Asked::default(), &[]).is_some(), "another path");
        assert!(remembered(asked("/ws", "a=1", "test/1"), &[]).is_some());
        assert!(remembered(asked("/ws", "", "test/1"), &AGENT).is_some());
    }

    #[test]
    fn no_connection_keeps_much() {
        let status = |asked: &Asked, headers: &[HeaderName]| Some(too_much(asked, headers)?.0);
        let most = "a".repeat(MAX_BYTES - 3);
        assert_eq!(status(&asked("/ws", &most, ""), &[]), None);
        assert_eq!(status(&asked("/ws/", &most, ""), &[]), Some(414));
        let long: &'static str = "a".repeat(MAX_BYTES + 1).leak();
        assert_eq!(status(&asked("/ws", "", long), &[]), None);
        assert_eq!(status(&asked("/ws", "", long), &AGENT), Some(431));
    }
}
