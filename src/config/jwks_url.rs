//! Where an issuer publishes its keys.

use http::Uri;
use std::net::IpAddr;

/// Refuses an address that others could answer for.
pub(super) fn check(text: &str) -> Result<(), String> {
    const EXAMPLE: &str = "(example: https://login.example/.well-known/jwks.json)";
    let url: Uri = (text.parse()).map_err(|_| format!("this is not an address {EXAMPLE}"))?;
    let (Some(authority), Some(host)) = (url.authority(), url.host()) else {
        return Err(format!("`{text}` is not a whole address {EXAMPLE}"));
    };
    // Not shown: what stands in front of the `@` is meant to be secret.
    if authority.as_str().contains('@') {
        return Err(format!(
            "a user or a password in the address is not sent {EXAMPLE}"
        ));
    }
    match url.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) => Ok(()),
        Some("http") => Err(format!(
            "`{text}` is not encrypted: whoever stands between could put in keys of his own {EXAMPLE}"
        )),
        _ => Err(format!("`{text}` is neither https nor http {EXAMPLE}")),
    }
}

/// Whether nobody can stand between.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_own = |address: IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_encrypted_or_from_this_machine() {
        for url in [
            "https://login.example/.well-known/jwks.json",
            "https://login.example:8443/keys?tenant=7",
            "https://192.0.2.7/keys",
            "http://localhost:8080/keys",
            "http://LOCALHOST/keys",
            "http://127.0.0.1/keys",
            "http://127.9.9.9:80/keys",
            "http://[::1]:80/keys",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for (url, why) in [
            ("http://login.example/keys", "is not encrypted"),
            ("http://127.0.0.1.evil.example/keys", "is not encrypted"),
            ("http://localhost.evil.example/keys", "is not encrypted"),
            ("http://[::2]/keys", "is not encrypted"),
            ("http://0.0.0.0/keys", "is not encrypted"),
            ("ftp://login.example/keys", "is neither https nor http"),
            ("file:///etc/keys", "is not an address"),
            ("login.example/keys", "is not"),
            ("/keys", "is not a whole address"),
            ("https://", "is not an address"),
            ("https://login example/keys", "is not an address"),
            ("", "is not an address"),
        ] {
            let refused = check(url).unwrap_err();
            assert!(
                refused.contains(why) && refused.contains("example: https://"),
                "{refused}"
            );
        }
        let refused = check("https://ann:hunter2@login.example/keys").unwrap_err();
        assert!(
            refused.contains("password") && !refused.contains("hunter2"),
            "{refused}"
        );
    }
}
