//! The opening handshake: is this request a WebSocket's, and the answer to its
//! key (RFC 6455, 4.2).

use base64::prelude::{BASE64_STANDARD, Engine};
use sha1::{Digest, Sha1};

/// What of a request decides whether it becomes a WebSocket.
///
/// Header values are as they came, without the spaces around them; a repeated
/// header is several values, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    /// The request's method.
    pub(crate) method: &'a str,
    /// Whether the version is exactly HTTP/1.1.
    pub(crate) http_1_1: bool,
    /// `Host`.
    pub(crate) host: &'a [&'a [u8]],
    /// `Connection`.
    pub(crate) connection: &'a [&'a [u8]],
    /// `Upgrade`.
    pub(crate) upgrade: &'a [&'a [u8]],
    /// `Sec-WebSocket-Key`.
    pub(crate) key: &'a [&'a [u8]],
    /// `Sec-WebSocket-Version`.
    pub(crate) version: &'a [&'a [u8]],
}

/// Why a request does not become a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// A plain request; 426 with `Upgrade: websocket` and `Connection: upgrade`.
    #[error("this is a WebSocket: open it with `new WebSocket(url)` or another WebSocket client")]
    NotAnUpgrade,
    /// Not a GET; 405 with `Allow: GET`.
    #[error("a WebSocket is opened with GET")]
    BadMethod,
    /// Not what RFC 6455 or HTTP/1.1 asks for; 400.
    #[error("{0}")]
    BadRequest(&'static str),
    /// Another version of the protocol; 426 with `Sec-WebSocket-Version: 13`.
    #[error("Sec-WebSocket-Version must be 13")]
    BadVersion,
}

/// Checks a request (RFC 6455, 4.2.1) and gives the value of its answer's
/// `Sec-WebSocket-Accept`.
///
/// # Errors
///
/// The first rule that is broken: method, HTTP version, `Host`, `Upgrade`,
/// `Connection`, `Sec-WebSocket-Version`, `Sec-WebSocket-Key`.
pub(crate) fn accept(offer: &Offer<'_>) -> Result<String, Refused> {
    if offer.method != "GET" {
        return Err(Refused::BadMethod);
    }
    if !offer.http_1_1 {
        return Err(Refused::BadRequest("a WebSocket is opened with HTTP/1.1"));
    }
    if offer.host.len() != 1 {
        return Err(Refused::BadRequest("a request has one Host header"));
    }
    if !names(offer.upgrade, "websocket") {
        return Err(Refused::NotAnUpgrade);
    }
    // Most often a proxy that does not pass hop-by-hop headers on.
    if !names(offer.connection, "upgrade") {
        return Err(Refused::BadRequest(
            "Connection does not name `upgrade` (does a proxy in front drop it?)",
        ));
    }
    // Before the key: what a key is depends on the version.
    if !matches!(offer.version, [b"13"]) {
        return Err(Refused::BadVersion);
    }
    key(offer.key).map(accept_key)
}

/// The answer to `key`: the base64 of the SHA-1 of it and a fixed GUID, which
/// shows that the answer comes from a WebSocket server (RFC 6455, 4.2.2).
pub(crate) fn accept_key(key: &str) -> String {
    let hash = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    BASE64_STANDARD.encode(hash)
}

/// The subprotocols a client offers, in its order, over all header lines
/// (RFC 6455, 11.3.4).
///
/// # Errors
///
/// [`Refused::BadRequest`] for more than 16 of them, or for one that is not a
/// token of RFC 7230, an empty one included.
pub(crate) fn subprotocols<'a>(values: &[&'a [u8]]) -> Result<Vec<&'a str>, Refused> {
    let mut offered = Vec::new();
    for item in items(values) {
        if offered.len() == MAX_SUBPROTOCOLS {
            return Err(Refused::BadRequest(
                "Sec-WebSocket-Protocol offers more than 16",
            ));
        }
        offered.push(token(item).ok_or(Refused::BadRequest(
            "Sec-WebSocket-Protocol is a list of tokens: letters, digits and !#$%&'*+-.^_`|~",
        ))?);
    }
    Ok(offered)
}

/// The one key of a request: 16 bytes as base64.
fn key<'a>(values: &[&'a [u8]]) -> Result<&'a str, Refused> {
    let refused = Refused::BadRequest("Sec-WebSocket-Key must be one value: 16 bytes as base64");
    let [value] = values else {
        return Err(refused);
    };
    // 24 characters may stand for 18 bytes: room to find out.
    let mut nonce = [0; 18];
    match BASE64_STANDARD.decode_slice(value, &mut nonce) {
        Ok(16) => str::from_utf8(value).map_err(|_| refused),
        _ => Err(refused),
    }
}

/// Whether a header that is a list of words names `word`, in any case.
fn names(values: &[&[u8]], word: &str) -> bool {
    items(values).any(|item| item.eq_ignore_ascii_case(word.as_bytes()))
}

/// The items of a header that is a list, over all its lines (RFC 7230, 7).
fn items<'a>(values: &[&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
    values
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// `item` if it is a token (RFC 7230, 3.2.6).
pub(crate) fn token(item: &[u8]) -> Option<&str> {
    if item.is_empty() || !item.iter().all(is_token_byte) {
        return None;
    }
    str::from_utf8(item).ok()
}

/// Whether a token may have this byte (RFC 7230, 3.2.6).
pub(super) fn is_token_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

/// What a server adds to the key before hashing it (RFC 6455, 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// More are an attempt to make us work, not a choice.
const MAX_SUBPROTOCOLS: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The request of RFC 6455, 1.3.
    const OFFER: Offer<'_> = Offer {
        method: "GET",
        http_1_1: true,
        host: &[b"server.example.com"],
        connection: &[b"Upgrade"],
        upgrade: &[b"websocket"],
        key: &[b"dGhlIHNhbXBsZSBub25jZQ=="],
        version: &[b"13"],
    };

    fn bad_request(offer: &Offer<'_>) -> bool {
        matches!(accept(offer), Err(Refused::BadRequest(_)))
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        assert_eq!(accept(&OFFER).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(
            accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn lists_in_any_case_and_over_several_lines_are_read() {
        for connection in [
            &[&b"keep-alive, Upgrade"[..]][..],
            &[b"keep-alive", b"UPGRADE"],
            &[b",upgrade ,"],
            &[b"keep-alive\t,\tuPgRaDe"],
        ] {
            assert!(
                accept(&Offer {
                    connection,
                    ..OFFER
                })
                .is_ok()
            );
        }
        for upgrade in [
            &[&b"WebSocket"[..]][..],
            &[b"h2c, websocket"],
            &[b"h2c", b"websocket"],
        ] {
            assert!(accept(&Offer { upgrade, ..OFFER }).is_ok());
        }
    }

    #[test]
    fn a_plain_get_is_told_to_upgrade() {
        for upgrade in [
            &[][..],
            &[&b""[..]],
            &[b"h2c"],
            &[b"websockets"],
            &[b"web socket"],
        ] {
            let plain = Offer { upgrade, ..OFFER };
            assert_eq!(accept(&plain), Err(Refused::NotAnUpgrade));
        }
    }

    #[test]
    fn only_get_opens_a_socket() {
        for method in ["POST", "HEAD", "CONNECT", "get", ""] {
            assert_eq!(accept(&Offer { method, ..OFFER }), Err(Refused::BadMethod));
        }
    }

    #[test]
    fn only_http_1_1_opens_a_socket() {
        assert!(bad_request(&Offer {
            http_1_1: false,
            ..OFFER
        }));
    }

    #[test]
    fn a_request_has_exactly_one_host() {
        assert!(bad_request(&Offer { host: &[], ..OFFER }));
        assert!(bad_request(&Offer {
            host: &[b"a", b"b"],
            ..OFFER
        }));
    }

    #[test]
    fn a_connection_that_does_not_name_upgrade_is_refused() {
        for connection in [
            &[][..],
            &[&b"keep-alive"[..]],
            &[b"upgraded"],
            &[b"up grade"],
        ] {
            assert!(bad_request(&Offer {
                connection,
                ..OFFER
            }));
        }
    }

    #[test]
    fn another_version_is_told_ours() {
        for version in [
            &[][..],
            &[&b"8"[..]],
            &[b"013"],
            &[b"13, 8"],
            &[b"13", b"13"],
        ] {
            assert_eq!(
                accept(&Offer { version, ..OFFER }),
                Err(Refused::BadVersion)
            );
        }
    }

    #[test]
    fn a_key_is_one_value_of_16_bytes() {
        for key in [
            &[][..],
            &[&b""[..]],
            &[b"dGhlIHNhbXBsZSBub25jZQ"],
            &[b"dGhlIHNhbXBsZSBub25jZQ="],
            &[b"dGhlIHNhbXBsZSBub25jZSE="],
            &[b"dGhlIHNhbXBsZSBub25j"],
            &[b"dGhlIHNhbXBsZSBub25jZSEh"],
            &[b"dGhlIHNhbXBsZSBub25jZ!=="],
            &[b"dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ=="],
            &[b"\xff\xfe"],
            &[b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZQ=="],
        ] {
            assert!(bad_request(&Offer { key, ..OFFER }), "{key:?}");
        }
        assert!(bad_request(&Offer {
            key: &[&[b'A'; 100_000]],
            ..OFFER
        }));
    }

    #[test]
    fn subprotocols_keep_their_order_over_lines() {
        assert_eq!(subprotocols(&[]), Ok(vec![]));
        assert_eq!(
            subprotocols(&[b"chat, superchat", b"v1.orcs"]),
            Ok(vec!["chat", "superchat", "v1.orcs"])
        );
        assert_eq!(
            subprotocols(&[b"token,abc.DEF-_~\t"]),
            Ok(vec!["token", "abc.DEF-_~"])
        );
    }

    #[test]
    fn a_subprotocol_that_is_no_token_is_refused() {
        for value in [
            &b""[..],
            b"a,,b",
            b"a,",
            b"a b",
            b"a/b",
            b"\"a\"",
            b"a;q=1",
            b"caf\xc3\xa9",
        ] {
            assert!(
                matches!(subprotocols(&[value]), Err(Refused::BadRequest(_))),
                "{value:?}"
            );
        }
    }

    #[test]
    fn sixteen_subprotocols_are_the_most() {
        let sixteen = ["p"; 16].join(",");
        assert_eq!(subprotocols(&[sixteen.as_bytes()]).unwrap().len(), 16);
        let refused = subprotocols(&[sixteen.as_bytes(), b"p"]);
        assert_eq!(
            refused,
            Err(Refused::BadRequest(
                "Sec-WebSocket-Protocol offers more than 16"
            ))
        );
    }

    proptest! {
        #[test]
        fn no_header_value_panics(values in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let _ = subprotocols(&values);
            let _ = accept(&Offer { connection: &values, ..OFFER });
            let _ = accept(&Offer { upgrade: &values, ..OFFER });
            let _ = accept(&Offer { version: &values, ..OFFER });
            let _ = accept(&Offer { key: &values, ..OFFER });
        }

        #[test]
        fn every_16_bytes_are_a_key(nonce: [u8; 16]) {
            let key = BASE64_STANDARD.encode(nonce);
            let offer = Offer { key: &[key.as_bytes()], ..OFFER };
            prop_assert_eq!(accept(&offer), Ok(accept_key(&key)));
        }
    }
}
