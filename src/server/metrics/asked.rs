//! Who asks for the counts, and whether it may know.

use crate::auth::only;
use crate::config::{Config, Environment, Secret};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::{AUTHORIZATION, FORWARDED, HOST, HeaderName, VIA};
use http::uri::Authority;
use sha2::Sha256;
use std::net::IpAddr;

/// Who asks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asker {
    MayRead,
    WithoutTheKey,
    /// Maybe on another machine: it need not know that there is anything.
    Stranger,
}

/// With a key, whoever shows it; without one, a program on this machine that is no trusted
/// proxy, outside production.
pub(super) fn judge(config: &Config, peer: IpAddr, headers: &HeaderMap) -> Asker {
    match &config.metrics_key {
        Some(key) if shows(headers, key) => Asker::MayRead,
        Some(_) => Asker::WithoutTheKey,
        None if !may_be_a_proxy(config, peer) && is_of_this_machine(peer, headers) => {
            Asker::MayRead
        }
        None => Asker::Stranger,
    }
}

/// Whether somebody else's request may come from there, without a sign that it is one: a proxy
/// need not add a header, and an app that is for everybody may have one that it does not know.
fn may_be_a_proxy(config: &Config, peer: IpAddr) -> bool {
    config.environment == Environment::Production || config.trusted_proxies.trust(peer)
}

fn shows(headers: &HeaderMap, key: &Secret) -> bool {
    let header = only(headers, &AUTHORIZATION);
    header
        .and_then(|header| header.split_once(' '))
        .is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer")
                && is_same(given.trim().as_bytes(), key.expose().as_bytes())
        })
}

/// Compares in constant time, so that nobody finds a key letter by letter: signatures of both,
/// which say nothing of where the texts differ.
fn is_same(given: &[u8], key: &[u8]) -> bool {
    let over = |text| {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.chain_update(text)
    };
    let expected = over(key).finalize().into_bytes();
    over(given).verify_slice(&expected).is_ok()
}

/// Whether a program on this machine asks for itself.
///
/// Most of those that hand on somebody's request say so in one of these headers; and a page that
/// has bent its name to this machine (DNS rebinding) is asked for by that name.
fn is_of_this_machine(peer: IpAddr, headers: &HeaderMap) -> bool {
    let is_handed_on = FORWARDING.iter().any(|name| headers.contains_key(name));
    peer.to_canonical().is_loopback() && !is_handed_on && is_asked_for_here(headers)
}

fn is_asked_for_here(headers: &HeaderMap) -> bool {
    // None: HTTP/1.0, which no browser speaks.
    let Some(host) = headers.get(HOST) else {
        return true;
    };
    let Ok(host) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let name = host.host().to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || (bare.parse::<IpAddr>()).is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What proxies add, whichever their kind.
const FORWARDING: [HeaderName; 10] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("cf-connecting-ip"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn asked(peer: &str, headers: &[(&str, &str)]) -> Asker {
        judge(&Config::default(), peer.parse().unwrap(), &map(headers))
    }

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn without_a_key_only_this_machine_may_read() {
        for peer in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(asked(peer, &[("host", "localhost")]), Asker::MayRead);
        }
        for peer in [
            "10.0.0.1",
            "192.168.1.2",
            "8.8.8.8",
            "2001:db8::1",
            "0.0.0.0",
        ] {
            let headers = [("host", "localhost"), ("x-forwarded-for", "127.0.0.1")];
            assert_eq!(asked(peer, &headers[..1]), Asker::Stranger);
            assert_eq!(asked(peer, &headers), Asker::Stranger);
        }
    }

    #[test]
    fn who_hands_on_a_request_is_not_its_asker() {
        for name in FORWARDING {
            let headers = [("host", "localhost"), (name.as_str(), "127.0.0.1")];
            assert_eq!(asked("127.0.0.1", &headers), Asker::Stranger);
        }
    }

    #[test]
    fn a_name_that_was_bent_to_this_machine_is_not_ours() {
        for (host, expected) in [
            ("localhost:42069", Asker::MayRead),
            ("LocalHost", Asker::MayRead),
            ("app.localhost:42069", Asker::MayRead),
            ("127.0.0.1:42069", Asker::MayRead),
            ("[::1]:42069", Asker::MayRead),
            ("evil.example", Asker::Stranger),
            ("evil.example:42069", Asker::Stranger),
            ("localhost.evil.example", Asker::Stranger),
            ("127.0.0.1.evil.example", Asker::Stranger),
            ("evillocalhost", Asker::Stranger),
            ("10.0.0.1", Asker::Stranger),
            ("", Asker::Stranger),
            ("a b", Asker::Stranger),
        ] {
            assert_eq!(asked("127.0.0.1", &[("host", host)]), expected, "{host}");
        }
        assert_eq!(asked("127.0.0.1", &[]), Asker::MayRead);
    }

    #[test]
    fn with_a_key_whoever_shows_it_may_read_and_nobody_else() {
        let mut config = Config::default();
        config.metrics_key = Some(Secret::new("0123456789abcdef"));
        let asked = |peer: &str, headers: &[(&str, &str)]| {
            judge(&config, peer.parse().unwrap(), &map(headers))
        };
        for header in ["Bearer 0123456789abcdef", "bearer  0123456789abcdef "] {
            let headers = [("authorization", header), ("host", "app.example")];
            assert_eq!(asked("8.8.8.8", &headers), Asker::MayRead, "{header}");
        }
        for header in [
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0",
            "Bearer ",
            "Bearer",
            "0123456789abcdef",
            "Basic 0123456789abcdef",
        ] {
            let headers = [("authorization", header)];
            assert_eq!(
                asked("127.0.0.1", &headers),
                Asker::WithoutTheKey,
                "{header}"
            );
        }
        let right = ("authorization", "Bearer 0123456789abcdef");
        let wrong = ("authorization", "Bearer x");
        assert_eq!(asked("::1", &[right, wrong]), Asker::WithoutTheKey);
        assert_eq!(asked("::1", &[]), Asker::WithoutTheKey);
    }
}
