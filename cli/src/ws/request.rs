//! The handshake's request: where to, with which headers, and where the token travels.

use super::message;
use crate::terminal::{Failure, shell};
use std::str::FromStr;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Request;
use tungstenite::http::header::{AUTHORIZATION, COOKIE, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tungstenite::http::{HeaderName, HeaderValue, Uri};

/// Where a token travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `?token=`; it then stands in the logs of what is in between.
    Query,
    /// `Authorization: Bearer`.
    Header,
    /// As the subprotocol behind `token`.
    Subprotocol,
    /// The cookie of this name, or that of the app's `WS_AUTH_COOKIE`.
    Cookie(Option<String>),
    /// The event `orcs:auth`, sent first.
    Message,
}

impl FromStr for Carrier {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "query" => Self::Query,
            "header" => Self::Header,
            "subprotocol" => Self::Subprotocol,
            "cookie" => Self::Cookie(None),
            "message" => Self::Message,
            _ => match text.strip_prefix("cookie=") {
                Some(name) if !name.is_empty() => Self::Cookie(Some(name.to_owned())),
                _ => return Err("one of query, header, subprotocol, cookie, cookie=NAME, message"),
            },
        })
    }
}

/// Everything a handshake says, over and over when the connection breaks.
#[derive(Clone)]
pub struct Handshake {
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The first event, when the token travels in one.
    pub greeting: Option<String>,
}

/// What of the handshake the user chose.
#[derive(Debug, Default)]
pub struct Wishes<'a> {
    pub token: Option<(&'a str, &'a Carrier)>,
    /// The app's own setting, for a cookie without a name.
    pub cookie_name: Option<String>,
    pub headers: &'a [(String, String)],
    pub subprotocols: &'a [String],
    pub origin: Option<&'a str>,
}

impl Handshake {
    pub fn new(url: &str, wishes: &Wishes<'_>) -> Result<Self, Failure> {
        let mut url = url.to_owned();
        let mut headers = Vec::new();
        let mut protocols = wishes.subprotocols.to_vec();
        let mut greeting = None;
        for (name, value) in wishes.headers {
            headers.push((header_name(name)?, header_value(name, value)?));
        }
        if let Some(origin) = wishes.origin {
            headers.push((ORIGIN, header_value("Origin", origin)?));
        }
        match wishes.token {
            None => {}
            Some((token, Carrier::Query)) => {
                let joint = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{joint}token={}", percent_encoded(token));
            }
            Some((token, Carrier::Header)) => {
                let bearer = secret_value("token", &format!("Bearer {token}"))?;
                headers.push((AUTHORIZATION, bearer));
            }
            Some((token, Carrier::Subprotocol)) => {
                protocols.extend(["token".to_owned(), token.to_owned()]);
            }
            Some((token, Carrier::Cookie(name))) => {
                let name = name.clone().or_else(|| wishes.cookie_name.clone()).ok_or_else(|| {
                    Failure::usage("which cookie carries the token?")
                        .help("--token-by cookie=session, or WS_AUTH_COOKIE=session in the app's .env")
                })?;
                headers.push((COOKIE, secret_value("token", &format!("{name}={token}"))?));
            }
            Some((token, Carrier::Message)) => {
                let payload = serde_json::json!({ "token": token }).to_string();
                greeting = Some(message::envelope("orcs:auth", &payload, None));
            }
        }
        if !protocols.is_empty() {
            let offers = secret_value("subprotocol", &protocols.join(", "))?;
            headers.push((SEC_WEBSOCKET_PROTOCOL, offers));
        }
        let uri = url.parse().map_err(|e| {
            Failure::usage(format!(
                "`{}` is no URL: {e}",
                shell::visible(without_secrets(&url))
            ))
            .help("orcs ws ws://localhost:42069/ws/chat")
        })?;
        Ok(Self {
            uri,
            headers,
            greeting,
        })
    }

    /// A request with a key of its own.
    pub fn request(&self) -> Result<Request, tungstenite::Error> {
        let mut request = self.uri.clone().into_client_request()?;
        for (name, value) in &self.headers {
            // What the handshake itself says once is replaced; anything else may come twice.
            if request.headers().contains_key(name) && REPLACED.contains(&name.as_str()) {
                request.headers_mut().insert(name, value.clone());
            } else {
                request.headers_mut().append(name, value.clone());
            }
        }
        Ok(request)
    }

    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    pub fn is_secure(&self) -> bool {
        self.uri.scheme_str() == Some("wss")
    }

    pub fn port(&self) -> u16 {
        let usual = if self.is_secure() { 443 } else { 80 };
        self.uri.port_u16().unwrap_or(usual)
    }

    /// The URL without its query, which may hold a token.
    pub fn shown(&self) -> String {
        shell::visible(without_secrets(&self.uri.to_string()))
    }
}

/// A URL without its query, which may carry a token, and without `user:password@`.
fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    match scheme {
        "" => format!("{host}{path}"),
        scheme => format!("{scheme}://{host}{path}"),
    }
}

fn header_name(name: &str) -> Result<HeaderName, Failure> {
    HeaderName::from_str(name).map_err(|_| {
        Failure::usage(format!("`{}` is no name of a header", shell::visible(name)))
            .help("-H 'X-Team: red'")
    })
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(value).map_err(|_| {
        Failure::usage(format!(
            "the value of `{}` has characters that no header can carry",
            shell::visible(name)
        ))
    })
}

/// Not shown in any debug output.
fn secret_value(name: &str, value: &str) -> Result<HeaderValue, Failure> {
    let mut value = header_value(name, value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A JWT needs none of it (RFC 7519); somebody else's token may.
fn percent_encoded(token: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    token.bytes().map(encode).collect()
}

const REPLACED: [&str; 5] = [
    "host",
    "connection",
    "upgrade",
    "sec-websocket-version",
    "sec-websocket-key",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(url: &str, carrier: &Carrier) -> Handshake {
        let wishes = Wishes {
            token: Some(("a.b-c", carrier)),
            cookie_name: Some("session".into()),
            ..Wishes::default()
        };
        Handshake::new(url, &wishes).unwrap()
    }

    #[test]
    fn a_token_travels_as_it_was_asked() {
        let header = |handshake: &Handshake, name| {
            let request = handshake.request().unwrap();
            request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let by_query = handshake("ws://h/a?b=1", &Carrier::Query);
        let request = by_query.request().unwrap();
        assert_eq!(request.uri().query(), Some("b=1&token=a.b-c"));
        assert_eq!(by_query.shown(), "ws://h/a");
        let with_password = handshake("ws://ann:secret@h:1/a@b", &Carrier::Header);
        assert_eq!(with_password.shown(), "ws://h:1/a@b");
        let carried = |carrier: &Carrier, name| header(&handshake("ws://h/a", carrier), name);
        assert_eq!(
            carried(&Carrier::Header, "authorization").as_deref(),
            Some("Bearer a.b-c")
        );
        assert_eq!(
            carried(&Carrier::Subprotocol, "sec-websocket-protocol").as_deref(),
            Some("token, a.b-c")
        );
        assert_eq!(
            carried(&Carrier::Cookie(None), "cookie").as_deref(),
            Some("session=a.b-c")
        );
        assert_eq!(
            carried(&Carrier::Cookie(Some("s".into())), "cookie").as_deref(),
            Some("s=a.b-c")
        );
        assert_eq!(
            handshake("ws://h/a", &Carrier::Message).greeting.as_deref(),
            Some(r#"{"event":"orcs:auth","payload":{"token":"a.b-c"}}"#)
        );
    }

    #[test]
    fn a_header_may_replace_the_host_and_repeat_others() {
        let headers = [("Host", "other"), ("X-A", "1"), ("X-A", "2")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wishes = Wishes {
            headers: &headers,
            ..Wishes::default()
        };
        let request = Handshake::new("ws://h/a", &wishes)
            .unwrap()
            .request()
            .unwrap();
        let all = |name| request.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(all("host"), ["other"]);
        assert_eq!(all("x-a"), ["1", "2"]);
    }

    #[test]
    fn other_tokens_are_encoded_for_a_query() {
        assert_eq!(percent_encoded("a&b=c é"), "a%26b%3Dc%20%C3%A9");
    }
}
