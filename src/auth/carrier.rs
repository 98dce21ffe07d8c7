//! Where a token travels.

use http::{HeaderMap, HeaderName};

/// The subprotocol that carries a token: `new WebSocket(url, ["token", jwt])`. Only
/// this name is ever echoed, never the token behind it.
pub(crate) const SUBPROTOCOL: &str = "token";

/// The parts of a handshake that may carry a token.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carriers<'a> {
    pub(crate) query: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) subprotocols: &'a [&'a str],
    /// The `Cookie` header, and the name of the cookie that carries one.
    pub(crate) cookie: Option<(&'a str, &'a str)>,
}

/// A token, and how it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) token: String,
    /// A browser sends cookies on whoever's behalf: such a token alone proves no intent.
    pub(crate) by_cookie: bool,
}

impl Carriers<'_> {
    /// The token of a handshake: `?token=`, else `Authorization`, else the subprotocol
    /// behind `token`, else the cookie. The first place that holds one counts, valid or not.
    /// Source: ORCS.
    pub(crate) fn find(&self) -> Option<Carried> {
        let places = [
            self.query.and_then(from_query),
            self.authorization.and_then(from_header),
            from_subprotocols(self.subprotocols),
        ];
        let by_cookie = |by_cookie| {
            move |token: &str| Carried {
                token: token.to_owned(),
                by_cookie,
            }
        };
        let is_there = |token: &&str| !token.is_empty();
        let shown = places.into_iter().flatten().find(is_there);
        shown.map(by_cookie(false)).or_else(|| {
            let (cookies, name) = self.cookie?;
            let token = from_cookies(cookies, name).filter(is_there)?;
            Some(by_cookie(true)(token))
        })
    }
}

/// The value of a header that is there once. None of two: somebody in front of us may have looked
/// at the other one.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A query without the token that it may carry.
pub(crate) fn without_token(query: &str) -> String {
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.starts_with("token="))
        .collect();
    kept.join("&")
}

/// A token is base64url and dots, so nothing of it needs percent-decoding.
fn from_query(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
}

/// `Bearer <token>`, or the token alone. Another scheme is somebody else's: a proxy's, say.
fn from_header(header: &str) -> Option<&str> {
    match header.trim().split_once(' ') {
        Some((scheme, token)) => scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()),
        None => Some(header.trim()),
    }
}

fn from_subprotocols<'a>(offered: &[&'a str]) -> Option<&'a str> {
    let place = offered.iter().position(|name| *name == SUBPROTOCOL)?;
    offered.get(place + 1).copied()
}

/// The value of the one cookie of this name (RFC 6265, 4.2.1). Of two, one may have been
/// planted by a neighbouring host: then there is none.
fn from_cookies<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let mut values = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(other, _)| *other == name)
        .map(|(_, value)| value.trim_matches('"'));
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(carriers: Carriers<'_>) -> Option<(String, bool)> {
        let carried = carriers.find()?;
        Some((carried.token, carried.by_cookie))
    }

    #[test]
    fn the_query_comes_first_then_the_header_then_the_subprotocol_then_the_cookie() {
        let mut carriers = Carriers {
            query: Some("a=1&token=q"),
            authorization: Some("Bearer h"),
            subprotocols: &["orcs.v1", "token", "p"],
            cookie: Some(("a=1; session=c; b=2", "session")),
        };
        let shown = |token: &str| Some((token.to_owned(), false));
        assert_eq!(found(carriers), shown("q"));
        for query in [Some("a=1"), Some("token="), Some("untoken=q"), None] {
            carriers.query = query;
            assert_eq!(found(carriers), shown("h"));
        }
        for header in ["bearer  h ", "h"] {
            carriers.authorization = Some(header);
            assert_eq!(found(carriers), shown("h"));
        }
        for header in [Some("Basic YTpi"), None] {
            carriers.authorization = header;
            assert_eq!(found(carriers), shown("p"));
        }
        for subprotocols in [&["orcs.v1"][..], &["token"], &[]] {
            carriers.subprotocols = subprotocols;
            assert_eq!(found(carriers), Some(("c".to_owned(), true)));
        }
    }

    #[test]
    fn a_cookie_counts_only_under_its_name_and_only_once() {
        for (cookies, expected) in [
            ("session=c", Some("c")),
            ("session=\"c\"", Some("c")),
            ("a=b;session=c", Some("c")),
            ("session=", None),
            ("Session=c", None),
            ("xsession=c", None),
            ("session", None),
            ("session=c; session=d", None),
            ("", None),
        ] {
            let carriers = Carriers {
                cookie: Some((cookies, "session")),
                ..Carriers::default()
            };
            let expected = expected.map(|token| (token.to_owned(), true));
            assert_eq!(found(carriers), expected, "{cookies}");
        }
    }

    #[test]
    fn a_query_is_kept_without_its_token() {
        for (query, kept) in [
            ("", ""),
            ("token=x", ""),
            ("a=1&token=x&b=2", "a=1&b=2"),
            ("a=1&untoken=x", "a=1&untoken=x"),
        ] {
            assert_eq!(without_token(query), kept);
        }
    }
}
