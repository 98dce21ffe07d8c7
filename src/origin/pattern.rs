//! One entry of a list of origins: an origin, in which labels may be `*`.

use super::authority::{is_label, read_port, split};
use super::{Origin, is_scheme, own_port};
use std::fmt;

/// An origin whose host may have `*` for whole labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Origin);

impl Pattern {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let not_an_origin = || format!("`{text}` is not an origin ({EXAMPLE})");
        let (scheme, rest) = text
            .split_once("://")
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or_else(not_an_origin)?;
        let scheme = scheme.to_ascii_lowercase();
        if let "ws" | "wss" = scheme.as_str() {
            let page = scheme.replacen("ws", "http", 1);
            return Err(format!(
                "`{text}` is a socket's address; pages have `{page}://` (example: {page}://{rest})"
            ));
        }
        if let Some(path) = rest.find('/') {
            return Err(format!(
                "`{text}` has a path, an origin has none (example: {scheme}://{})",
                &rest[..path]
            ));
        }
        let origin = if rest.contains('*') {
            wild(scheme, rest)
        } else {
            Origin::read(text).ok_or_else(not_an_origin)
        };
        origin.map(Self)
    }

    pub(super) fn fits(&self, origin: &Origin) -> bool {
        let Origin { scheme, host, port } = &self.0;
        *scheme == origin.scheme
            && *port == origin.port
            && host.split('.').count() == origin.host.split('.').count()
            && host
                .split('.')
                .zip(origin.host.split('.'))
                .all(|(own, label)| own == "*" || own == label)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An origin with at least one `*`.
fn wild(scheme: String, authority: &str) -> Result<Origin, String> {
    let refused = |why: &str| Err(format!("`{scheme}://{authority}` {why} ({WILD_EXAMPLE})"));
    let Some((host, port)) = split(authority) else {
        return refused("has no host");
    };
    let port = match port.map(read_port) {
        Some(None) => return refused("needs a port between 1 and 65535, or none"),
        port => port.flatten(),
    };
    let labels: Vec<_> = host.split('.').collect();
    if !labels.iter().all(|label| *label == "*" || is_label(label)) {
        return refused("has a `*` that is not a whole label of the name");
    }
    match labels.as_slice() {
        [.., own] if OWN_TOPS.contains(own) => {}
        // An address of four numbers, not a name.
        [.., last] if last.bytes().all(|byte| byte.is_ascii_digit()) => {
            return refused("has a `*` in an address");
        }
        [.., domain, top] if *domain != "*" && *top != "*" => {}
        _ => return refused("would let in pages of strangers"),
    }
    Ok(Origin {
        port: port.filter(|port| Some(*port) != own_port(&scheme)),
        host: host.to_ascii_lowercase(),
        scheme,
    })
}

/// Top-level names that nobody can register a domain under (RFC 6761; `internal` by ICANN).
const OWN_TOPS: [&str; 3] = ["localhost", "test", "internal"];

const EXAMPLE: &str = "example: https://example.com; empty for the pages of the own host";
const WILD_EXAMPLE: &str = "example: https://*.example.com";
