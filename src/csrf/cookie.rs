//! The session cookie: a random id that only we can have given out.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A browser's session. Never printed: with it and the secret, anybody could be that browser.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionId([u8; ID_BYTES]);

impl SessionId {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        Ok(Self(id))
    }
}

/// Writes and reads the cookie: `orcs_session=<id>.<HMAC-SHA256 of it>`, and where the app is
/// reached by TLS `__Host-orcs_session=..`, which a browser takes from this very host only: no
/// neighbouring one can plant a session of its own (RFC 6265bis, 4.1.3.2).
pub(super) struct Cookies(Hmac<Sha256>);

impl Cookies {
    pub(super) fn signed_with(secret: &[u8]) -> Self {
        // A key of our own, so that no signature made with the secret elsewhere counts here.
        let key = mac(secret).chain_update(LABEL).finalize().into_bytes();
        Self(mac(&key))
    }

    pub(super) fn signed_at_random() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self::signed_with(&secret))
    }

    /// The session of a request with these `Cookie` headers, if we have signed it.
    ///
    /// None of two: one of them may be another's, set by a page of a neighbouring domain.
    pub(super) fn session(&self, cookies: &[&[u8]], is_secure: bool) -> Option<SessionId> {
        let name = name(is_secure).as_bytes();
        let mut values = cookies
            .iter()
            .flat_map(|line| line.split(|byte| *byte == b';'))
            .filter_map(|pair| pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"="));
        match (values.next(), values.next()) {
            (Some(value), None) => self.verify(unquoted(value)),
            _ => None,
        }
    }

    /// The value of the `Set-Cookie` that gives a browser this session until it is closed.
    pub(super) fn set_cookie(&self, session: SessionId, is_secure: bool) -> String {
        let name = name(is_secure);
        let id = BASE64.encode(session.0);
        let signature = BASE64.encode(self.over(id.as_bytes()).finalize().into_bytes());
        let secure = if is_secure { "; Secure" } else { "" };
        format!("{name}={id}.{signature}; HttpOnly; SameSite=Lax; Path=/{secure}")
    }

    fn verify(&self, value: &[u8]) -> Option<SessionId> {
        let dot = value.iter().position(|byte| *byte == b'.')?;
        let (id, signature) = (&value[..dot], &value[dot + 1..]);
        let signature = BASE64.decode(signature).ok()?;
        // Compares in constant time.
        self.over(id).verify_slice(&signature).ok()?;
        let id = BASE64.decode(id).ok()?;
        id.try_into().ok().map(SessionId)
    }

    fn over(&self, id: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(id)
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// A value may stand in quotes (RFC 6265, 4.1.1).
fn unquoted(value: &[u8]) -> &[u8] {
    value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value)
}

fn name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-orcs_session"
    } else {
        "orcs_session"
    }
}

/// What the key is for.
const LABEL: &[u8] = b"orcs: session cookies";

const ID_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cookies() -> Cookies {
        Cookies::signed_with(b"0123456789abcdef0123456789abcdef")
    }

    fn value(session: SessionId) -> String {
        let set_cookie = cookies().set_cookie(session, false);
        let pair = set_cookie.split(';').next().unwrap();
        pair.strip_prefix("orcs_session=").unwrap().to_owned()
    }

    fn is_known(lines: &[&str]) -> bool {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        cookies().session(&lines, false).is_some()
    }

    #[test]
    fn a_cookie_is_for_us_alone_and_hidden_from_scripts() {
        // Signed once more by Python's `hmac`.
        let id = SessionId([0xab; 16]);
        assert_eq!(
            cookies().set_cookie(id, false),
            "orcs_session=q6urq6urq6urq6urq6urqw.GBdm8Gyt_KRxp1c4YnBs5znoJD23NHWpWtlaxB0iAvI; \
             HttpOnly; SameSite=Lax; Path=/"
        );
    }

    #[test]
    fn by_tls_a_session_is_bound_to_its_host() {
        let set_cookie = cookies().set_cookie(SessionId([0xab; 16]), true);
        assert!(set_cookie.starts_with("__Host-orcs_session="));
        // Without these two a browser would not take it.
        assert!(set_cookie.ends_with("; Path=/; Secure"));
        let pair = set_cookie.split(';').next().unwrap();
        assert!(cookies().session(&[pair.as_bytes()], true).is_some());
        let planted = pair.strip_prefix("__Host-").unwrap();
        assert!(cookies().session(&[planted.as_bytes()], true).is_none());
        let both = format!("{planted}; {pair}");
        assert!(cookies().session(&[both.as_bytes()], true).is_some());
        assert!(cookies().session(&[pair.as_bytes()], false).is_none());
    }

    #[test]
    fn a_session_is_found_among_other_cookies() {
        let value = value(SessionId::random().unwrap());
        for lines in [
            &[format!("orcs_session={value}").as_str()][..],
            &[&format!("a=b; orcs_session={value};c=\u{e4}")],
            &[&format!(";; =; x; orcs_session=\"{value}\" ")],
            &["a=b", &format!("orcs_session={value}")],
            &[&format!(
                "xorcs_session=1; orcs_session={value}; orcs_session_2=1; ORCS_SESSION=1"
            )],
        ] {
            assert!(is_known(lines), "{lines:?}");
        }
    }

    #[test]
    fn of_two_sessions_none_counts() {
        let [ann, bob] = [(); 2].map(|()| value(SessionId::random().unwrap()));
        for (first, second) in [(&ann, &bob), (&ann, &ann), (&ann, &String::new())] {
            let (first, second) = (
                format!("orcs_session={first}"),
                format!("orcs_session={second}"),
            );
            assert!(!is_known(&[&first, &second]));
            assert!(!is_known(&[&format!("{first}; {second}")]));
            assert!(!is_known(&[&format!("{second}; {first}")]));
        }
    }

    #[test]
    fn what_we_have_not_signed_is_no_session() {
        let id = SessionId::random().unwrap();
        let value = value(id);
        let (own, signature) = value.split_once('.').unwrap();
        let other = BASE64.encode([1; 16]);
        let elsewhere = Cookies::signed_with(b"another secret of 32 bytes or so");
        let elsewhere = elsewhere.set_cookie(id, false);
        for forged in [
            String::new(),
            ".".to_owned(),
            own.to_owned(),
            format!("{own}."),
            format!(".{signature}"),
            format!("{other}.{signature}"),
            format!("{own}.{}", &signature[1..]),
            format!("{own}.{signature}."),
            format!("{own}.{signature}="),
            format!("{own}{signature}"),
            format!("\"{value}"),
            elsewhere["orcs_session=".len()..].to_owned(),
        ] {
            assert!(!is_known(&[&format!("orcs_session={forged}")]), "{forged}");
        }
        assert!(!is_known(&[]));
        assert!(!is_known(&[""]));
        // Signed by us, but for something else than an id.
        let signature = BASE64.encode(cookies().over(b"AAAA").finalize().into_bytes());
        assert!(!is_known(&[&format!("orcs_session=AAAA.{signature}")]));
    }

    proptest! {
        #[test]
        fn no_header_panics_or_is_a_session(lines: Vec<Vec<u8>>) {
            let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
            prop_assert!(cookies().session(&lines, false).is_none());
        }

        #[test]
        fn a_changed_cookie_is_no_session(id: [u8; 16], at: prop::sample::Index, letter in "[A-Za-z0-9_.-]") {
            let value = value(SessionId(id));
            let at = at.index(value.len());
            let mut changed = value.clone();
            changed.replace_range(at..=at, &letter);
            let line = format!("orcs_session={changed}");
            prop_assert_eq!(is_known(&[&line]), changed == value);
        }
    }
}
