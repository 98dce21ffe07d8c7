//! Which web pages may open a socket.
//!
//! A browser sends a site's cookies with a socket that another site's page opens, and asks
//! nobody before. All it does is name the page's origin (RFC 6454), so the server decides.

mod authority;
mod pattern;

use crate::error::Error;
use authority::Authority;
use pattern::Pattern;
use std::fmt;
use std::str::FromStr;

/// The origins of pages that may open a socket.
///
/// By default those of the socket's own host: the page's host and port are the ones that
/// the socket was asked for. A list replaces that; the words in it are
///
/// - `https://app.example.com`, `http://localhost:5173`: this scheme, host and port. The
///   scheme's own port may be left out.
/// - `https://*.example.com`: each `*` is exactly one label of the name, so `a.example.com`
///   is one of them, `example.com` and `a.b.example.com` are not.
/// - `same-host`: the socket's own host, beside the others.
/// - `null`: pages without an origin: files, frames in a sandbox.
/// - `*`: every origin but `null`.
///
/// A request without `Origin` does not come from a page, and is let in unless nothing but a
/// cookie says who sent it. The own host cannot be told from a name that somebody else points
/// at it (DNS rebinding): where an open socket must not be reached that way, make a list.
///
/// ```
/// # fn configure(config: &mut orcs::Config) -> orcs::Result {
/// config.allowed_origins = "https://example.com, https://*.example.com".parse()?;
/// # Ok(())
/// # }
/// # configure(&mut orcs::Config::default()).unwrap();
/// ```
///
/// Source: OpenSpeed `allowedOrigins`; Phoenix `check_origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias = "allowedOrigins")]
pub struct Origins(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Any,
    Null,
    SameHost,
    Page(Pattern),
}

impl Origins {
    /// Whether every page may open a socket, which the log should tell at the start.
    pub(crate) fn is_any(&self) -> bool {
        self.0.contains(&Entry::Any)
    }

    /// Decides about the values of a request's `Origin`.
    ///
    /// `host` is what the client asked for: `Host`, or a trusted proxy's word for it.
    /// `by_cookie` is whether nothing but a cookie says who the client is.
    ///
    /// # Errors
    ///
    /// Why not, to be answered with 403.
    pub(crate) fn check(
        &self,
        values: &[&[u8]],
        host: Option<&str>,
        by_cookie: bool,
    ) -> Result<(), Refused> {
        let value = match values {
            [] if by_cookie => return Err(Refused::Absent),
            [] => return Ok(()),
            [value] => str::from_utf8(value).map_err(|_| Refused::Malformed)?,
            _ => return Err(Refused::Several),
        };
        if value == NULL {
            let is_listed = self.0.contains(&Entry::Null);
            return is_listed.then_some(()).ok_or(Refused::Null);
        }
        let origin = Origin::read(value).ok_or(Refused::Malformed)?;
        if self.0.iter().any(|entry| entry.lets_in(&origin, host)) {
            return Ok(());
        }
        let origin = cut(&origin.to_string());
        Err(match self.0.contains(&Entry::SameHost) {
            true => Refused::OtherHost(origin),
            false => Refused::NotListed(origin),
        })
    }
}

impl Entry {
    fn lets_in(&self, origin: &Origin, host: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Null => false,
            Self::SameHost => host.is_some_and(|host| origin.is_on(host)),
            Self::Page(pattern) => pattern.fits(origin),
        }
    }
}

impl Default for Origins {
    /// The socket's own host.
    fn default() -> Self {
        Self(vec![Entry::SameHost])
    }
}

/// An empty text is the default.
impl FromStr for Origins {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let entries = text.split(',').map(|item| match item.trim() {
            "*" => Ok(Entry::Any),
            NULL => Ok(Entry::Null),
            SAME_HOST => Ok(Entry::SameHost),
            item => Pattern::read(item).map(Entry::Page),
        });
        Ok(Self(entries.collect::<Result<_, _>>()?))
    }
}

/// As `.env` holds it: empty for the default.
impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return Ok(());
        }
        for (index, entry) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match entry {
                Entry::Any => f.write_str("*"),
                Entry::Null => f.write_str(NULL),
                Entry::SameHost => f.write_str(SAME_HOST),
                Entry::Page(pattern) => pattern.fmt(f),
            }?;
        }
        Ok(())
    }
}

/// A page's scheme, host and port, in small letters; the scheme's own port is none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Takes nothing that no browser sends: no path, no user, no letters beyond ASCII.
    fn read(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        if !is_scheme(scheme) {
            return None;
        }
        let Authority { host, port } = Authority::read(authority)?;
        let scheme = scheme.to_ascii_lowercase();
        Some(Self {
            port: port.filter(|port| Some(*port) != own_port(&scheme)),
            host,
            scheme,
        })
    }

    /// Whether the page lies on the host that the request was for.
    ///
    /// The schemes are not compared: behind a proxy that ends TLS, we do not know ours.
    fn is_on(&self, host: &str) -> bool {
        let (Some(own_port), Some(asked)) = (own_port(&self.scheme), Authority::read(host)) else {
            return false;
        };
        self.host == asked.host && self.port == asked.port.filter(|port| *port != own_port)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The port that a scheme's addresses leave out.
fn own_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// An origin is ASCII, so any byte ends a letter.
fn cut(origin: &str) -> String {
    match origin.get(..MAX_SHOWN_BYTES) {
        Some(beginning) if beginning.len() < origin.len() => format!("{beginning}…"),
        _ => origin.to_owned(),
    }
}

/// Why a page may not open a socket: 403, with the sentence as the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Without `Origin`, although it counts.
    #[error(
        "no Origin header: who is known by a cookie alone sends one that WS_ALLOWED_ORIGINS allows"
    )]
    Absent,
    /// More than one `Origin`.
    #[error("a request has one Origin header")]
    Several,
    /// Something else than an origin.
    #[error("the Origin header is no origin (example: https://example.com)")]
    Malformed,
    /// A page without an origin.
    #[error(
        "pages without an origin (`null`: a file, a frame in a sandbox) may not open this socket; \
         to let them in, add `null` to WS_ALLOWED_ORIGINS"
    )]
    Null,
    /// A page of another host, where only the own one's count, or those beside a list.
    #[error(
        "pages of `{0}` may not open this socket, because it is on another host; to let them in, \
         name the origin in WS_ALLOWED_ORIGINS (or, if a proxy in front changes Host, \
         the proxy in WS_TRUSTED_PROXIES)"
    )]
    OtherHost(String),
    /// A page that is not in the list.
    #[error(
        "pages of `{0}` may not open this socket; to let them in, add it to WS_ALLOWED_ORIGINS"
    )]
    NotListed(String),
}

const NULL: &str = "null";
const SAME_HOST: &str = "same-host";

/// As much of an origin as is told back.
const MAX_SHOWN_BYTES: usize = 64;

#[cfg(test)]
mod tests;
