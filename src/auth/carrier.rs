//! Where a token travels.

/// The subprotocol that carries a token: `new WebSocket(url, ["token", jwt])`. Only
/// this name is ever echoed, never the token behind it.
pub(crate) const SUBPROTOCOL: &str = "token";

/// The token of a handshake: `?token=`, else `Authorization`, else the subprotocol
/// behind `token`. The first place that holds one counts, valid or not. Source: ORCS.
pub(crate) fn find<'a>(
    query: Option<&'a str>,
    authorization: Option<&'a str>,
    subprotocols: &[&'a str],
) -> Option<&'a str> {
    let places = [
        query.and_then(from_query),
        authorization.and_then(from_header),
        from_subprotocols(subprotocols),
    ];
    places.into_iter().flatten().find(|token| !token.is_empty())
}

/// A token is base64url and dots, so nothing of it needs percent-decoding.
fn from_query(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
}

/// A query without the token that it may carry.
pub(crate) fn without_token(query: &str) -> String {
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.starts_with("token="))
        .collect();
    kept.join("&")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_comes_first_then_the_header_then_the_subprotocol() {
        let (query, header, offered) = (
            Some("a=1&token=q"),
            Some("Bearer h"),
            ["orcs.v1", "token", "p"],
        );
        assert_eq!(find(query, header, &offered), Some("q"));
        assert_eq!(find(Some("a=1"), header, &offered), Some("h"));
        assert_eq!(find(Some("token="), header, &offered), Some("h"));
        assert_eq!(find(None, Some("bearer  h "), &offered), Some("h"));
        assert_eq!(find(None, Some("h"), &offered), Some("h"));
        assert_eq!(find(None, Some("Basic YTpi"), &offered), Some("p"));
        assert_eq!(find(None, None, &offered), Some("p"));
        assert_eq!(find(Some("untoken=q"), None, &["token"]), None);
    }
}
