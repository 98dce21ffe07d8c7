//! Sockets that another site's page opens: a token that only our own pages can read.
//!
//! A page fetches a token, which its browser's session may use once, and offers it with its
//! socket as a subprotocol. Another site's page cannot read the answer to that fetch.

pub(crate) mod carrier;
mod cookie;
mod tokens;

use crate::config::Secret;
use cookie::Cookies;
use std::time::Instant;
use tokens::Tokens;

/// An app's sessions and their tokens.
pub(crate) struct Csrf {
    cookies: Cookies,
    tokens: Tokens,
    survives_a_restart: bool,
}

/// What a page gets that asks for a token.
pub(crate) struct Issued {
    pub(crate) token: String,
    /// The value of `Set-Cookie`, for a browser that has no session yet.
    pub(crate) set_cookie: Option<String>,
}

/// Why a socket is closed with 4002; this is the reason's text. Source: CandyPack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// None came.
    #[error("Missing token")]
    Missing,
    /// Not one that this session may use, or may use again.
    #[error("Invalid token")]
    Invalid,
}

impl Csrf {
    /// Signs sessions with this secret, or with a random one that nobody else ever has.
    pub(crate) fn new(secret: Option<&Secret>, now: Instant) -> Result<Self, getrandom::Error> {
        Ok(Self {
            cookies: match secret {
                Some(secret) => Cookies::signed_with(secret.expose().as_bytes()),
                None => Cookies::signed_at_random()?,
            },
            tokens: Tokens::new(now),
            survives_a_restart: secret.is_some(),
        })
    }

    /// Whether a browser's session is still one after a restart.
    pub(crate) fn survives_a_restart(&self) -> bool {
        self.survives_a_restart
    }

    /// A token for the session of these `Cookie` headers, or for a new one.
    pub(crate) fn issue(
        &self,
        cookies: &[&[u8]],
        is_secure: bool,
        now: Instant,
    ) -> Result<Issued, getrandom::Error> {
        let known = self.cookies.session(cookies, is_secure);
        let session = known.map_or_else(cookie::SessionId::random, Ok)?;
        let set_cookie = match known {
            Some(_) => None,
            None => Some(self.cookies.set_cookie(session, is_secure)),
        };
        Ok(Issued {
            token: self.tokens.issue(session, now)?,
            set_cookie,
        })
    }

    /// Uses a token up, if the session of these `Cookie` headers may use it.
    ///
    /// # Errors
    ///
    /// The reason of the close.
    pub(crate) fn check(
        &self,
        cookies: &[&[u8]],
        is_secure: bool,
        token: Option<&str>,
        now: Instant,
    ) -> Result<(), Refused> {
        let token = token
            .filter(|token| !token.is_empty())
            .ok_or(Refused::Missing)?;
        let session = self
            .cookies
            .session(cookies, is_secure)
            .ok_or(Refused::Invalid)?;
        let was_there = self.tokens.redeem(session, token, now);
        was_there.then_some(()).ok_or(Refused::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn csrf(now: Instant) -> Csrf {
        Csrf::new(Some(&Secret::new(SECRET)), now).unwrap()
    }

    /// The `Cookie` header of a browser that was sent this `Set-Cookie`.
    fn cookie(issued: &Issued) -> String {
        let set_cookie = issued.set_cookie.as_deref().expect("a new session");
        set_cookie.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_token_opens_one_socket_of_its_own_session() {
        let now = Instant::now();
        let csrf = csrf(now);
        let ann = csrf.issue(&[], false, now).unwrap();
        let bob = csrf.issue(&[], false, now).unwrap();
        let (anns, bobs) = (cookie(&ann), cookie(&bob));
        let check =
            |cookie: &str, token: &str| csrf.check(&[cookie.as_bytes()], false, Some(token), now);
        assert_eq!(check(&bobs, &ann.token), Err(Refused::Invalid));
        assert_eq!(check(&anns, &ann.token), Ok(()));
        assert_eq!(check(&anns, &ann.token), Err(Refused::Invalid), "used");
        assert_eq!(check(&bobs, "made-up"), Err(Refused::Invalid));
        assert_eq!(check(&bobs, &bob.token), Ok(()));
    }

    #[test]
    fn a_session_keeps_its_cookie_and_gets_further_tokens() {
        let now = Instant::now();
        let csrf = csrf(now);
        let first = csrf.issue(&[], false, now).unwrap();
        let cookie = cookie(&first);
        let second = csrf.issue(&[cookie.as_bytes()], false, now).unwrap();
        assert_eq!(second.set_cookie, None);
        assert_ne!(first.token, second.token);
        for token in [second.token, first.token] {
            assert_eq!(
                csrf.check(&[cookie.as_bytes()], false, Some(&token), now),
                Ok(())
            );
        }
    }

    #[test]
    fn without_a_token_or_a_session_nobody_comes_in() {
        let now = Instant::now();
        let csrf = csrf(now);
        let issued = csrf.issue(&[], false, now).unwrap();
        let cookie = cookie(&issued);
        let cookie: &[&[u8]] = &[cookie.as_bytes()];
        let (token, missing) = (Some(issued.token.as_str()), Err(Refused::Missing));
        assert_eq!(csrf.check(cookie, false, None, now), missing);
        assert_eq!(csrf.check(cookie, false, Some(""), now), missing);
        assert_eq!(csrf.check(&[], false, token, now), Err(Refused::Invalid));
        let forged: &[&[u8]] = &[b"orcs_session=AAAAAAAAAAAAAAAAAAAAAA.AAAA"];
        assert_eq!(csrf.check(forged, false, token, now), Err(Refused::Invalid));
        assert_eq!(
            csrf.check(cookie, false, token, now),
            Ok(()),
            "none of it used it up"
        );
    }

    #[test]
    fn a_session_survives_a_restart_if_there_is_a_secret() {
        let now = Instant::now();
        let issue = |csrf: &Csrf, cookies: &[&[u8]]| csrf.issue(cookies, false, now).unwrap();
        let random = || Csrf::new(None, now).unwrap();
        assert!(csrf(now).survives_a_restart() && !random().survives_a_restart());
        let cookie_of = |csrf: &Csrf| cookie(&issue(csrf, &[]));
        let kept = cookie_of(&csrf(now));
        assert_eq!(issue(&csrf(now), &[kept.as_bytes()]).set_cookie, None);
        let lost = cookie_of(&random());
        assert!(issue(&random(), &[lost.as_bytes()]).set_cookie.is_some());
    }

    #[test]
    fn refusals_read_as_candypacks() {
        assert_eq!(Refused::Missing.to_string(), "Missing token");
        assert_eq!(Refused::Invalid.to_string(), "Invalid token");
    }
}
