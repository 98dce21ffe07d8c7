//! How a page's script hands a token over: as a subprotocol, the one thing it may add to a
//! handshake.

/// What a token stands behind; a page may use any. Sources: CandyPack, ODAC.
pub(crate) const PREFIXES: [&str; 3] = ["orcs-token-", "candy-token-", "odac-token-"];

/// A token that came with a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carried<'a> {
    /// Maybe empty.
    pub(crate) token: &'a str,
    /// The subprotocol to answer with when the app has none of its own to choose: a browser
    /// gives up a socket whose server picks nothing of what it offered. None if there is a
    /// choice.
    pub(crate) echo: Option<&'a str>,
}

/// The first of the offered subprotocols that is a prefix and a token. Source: CandyPack.
pub(crate) fn find<'a>(offered: &[&'a str], prefixes: &[&str]) -> Option<Carried<'a>> {
    let behind_prefix = |offer: &&'a str| {
        let token = prefixes
            .iter()
            .find_map(|prefix| offer.strip_prefix(prefix));
        token.map(|token| (*offer, token))
    };
    let (offer, token) = offered.iter().find_map(behind_prefix)?;
    Some(Carried {
        token,
        echo: (offered.len() == 1).then_some(offer),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::handshake::subprotocols;

    #[test]
    fn the_first_offer_with_a_prefix_carries_the_token() {
        for (header, token, echo) in [
            ("orcs-token-abc", Some("abc"), Some("orcs-token-abc")),
            ("candy-token-abc", Some("abc"), Some("candy-token-abc")),
            ("odac-token-a-b_c", Some("a-b_c"), Some("odac-token-a-b_c")),
            ("candy-token-", Some(""), Some("candy-token-")),
            ("chat, candy-token-abc", Some("abc"), None),
            ("candy-token-abc,chat", Some("abc"), None),
            ("candy-token-abc,  odac-token-def", Some("abc"), None),
            ("odac-token-def , orcs-token-ghi", Some("def"), None),
            (
                "orcs-token-orcs-token-a",
                Some("orcs-token-a"),
                Some("orcs-token-orcs-token-a"),
            ),
            ("token, abc", None, None),
            ("candy-token", None, None),
            ("xcandy-token-abc", None, None),
            ("Candy-Token-abc", None, None),
        ] {
            let lines: &[&[u8]] = &[header.as_bytes()];
            let carried = find(&subprotocols(lines).unwrap(), &PREFIXES);
            assert_eq!(carried.map(|carried| carried.token), token, "{header}");
            assert_eq!(carried.and_then(|carried| carried.echo), echo, "{header}");
        }
        assert_eq!(find(&[], &PREFIXES), None);
        assert_eq!(find(&["orcs-token-a"], &["my-"]), None);
        assert_eq!(find(&["my-a"], &["my-"]).unwrap().token, "a");
    }
}
