//! Asks an issuer for its keys over HTTP.

use super::pace::Pace;
use crate::error::Error;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, USER_AGENT};
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where an issuer publishes its keys, and how to get there.
pub(super) struct Source {
    url: Uri,
    http: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    timeout: Duration,
}

/// What it answered.
pub(super) struct Answer {
    pub(super) body: Bytes,
    /// How long it says that the answer counts.
    pub(super) max_age: Option<Duration>,
}

impl Source {
    /// Trusts whom the machine trusts.
    ///
    /// # Errors
    ///
    /// A machine that trusts nobody.
    pub(super) fn new(url: &str, pace: &Pace) -> Result<Self, String> {
        let url: Uri = url
            .parse()
            .map_err(|error| format!("JWT_JWKS_URL: {error}"))?;
        let tls = tls();
        let tls = match url.scheme_str() {
            Some("https") => tls.with_native_roots().map_err(|error| {
                format!("JWT_JWKS_URL: no root certificates to know the issuer by: {error}; install the system's (on Debian: the package `ca-certificates`)")
            })?,
            // This machine is known without a certificate.
            _ => tls.with_root_certificates(RootCertStore::empty()),
        };
        Ok(Self::with(url, tls.with_no_client_auth(), pace))
    }

    pub(super) fn with(url: Uri, tls: ClientConfig, pace: &Pace) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        Self {
            url,
            // Minutes pass between two requests: no connection is kept.
            http: Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(connector),
            timeout: pace.timeout,
        }
    }

    /// Asks once.
    ///
    /// # Errors
    ///
    /// Why there is no answer of use, as the end of a sentence. Redirects are not
    /// followed: they could lead to where nothing is encrypted.
    pub(super) async fn get(&self) -> Result<Answer, String> {
        match tokio::time::timeout(self.timeout, self.answer()).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("it did not answer within {:?}", self.timeout)),
        }
    }

    async fn answer(&self) -> Result<Answer, String> {
        let request = Request::get(self.url.clone())
            .header(ACCEPT, "application/jwk-set+json, application/json")
            .header(USER_AGENT, concat!("orcs/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let response = self.http.request(request).await.map_err(in_full)?;
        let (head, body) = response.into_parts();
        match head.status {
            StatusCode::OK => {}
            moved if moved.is_redirection() => {
                return Err(format!(
                    "it answered {moved}; JWT_JWKS_URL must be the last address"
                ));
            }
            other => return Err(format!("it answered {other}")),
        }
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
        let body = body.map_err(|error| match error.downcast::<LengthLimitError>() {
            Ok(_) => format!("its answer is longer than {MAX_BODY_BYTES} bytes"),
            Err(error) => in_full(error),
        })?;
        Ok(Answer {
            body: body.to_bytes(),
            max_age: max_age(&head.headers),
        })
    }
}

impl fmt::Display for Source {
    /// Without the query, which may hold what is not for everybody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.scheme_str().unwrap_or_default();
        let host = self
            .url
            .authority()
            .map_or("", |authority| authority.as_str());
        write!(f, "{scheme}://{host}{}", self.url.path())
    }
}

/// Client's settings for TLS 1.2 and 1.3, whichever cryptography the process has besides.
pub(super) fn tls() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("aws-lc has both versions of TLS")
}

/// An error with its causes: hyper's own text names only the step that failed.
fn in_full(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> String {
    Error::from(error.into()).to_string()
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|directive| directive.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("max-age"))
        .and_then(|(_, seconds)| seconds.trim_matches('"').parse().ok())
        .map(Duration::from_secs)
}

/// Ten times what the issuers with the most keys publish.
const MAX_BODY_BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn max_age_is_found_among_other_words() {
        for (value, expected) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=600, must-revalidate", Some(600)),
            ("max-age=\"600\"", Some(600)),
            ("no-cache", None),
            ("max-age", None),
            ("max-age=soon", None),
            ("max-age=-1", None),
            ("s-maxage=600", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(CACHE_CONTROL, HeaderValue::from_static("private"));
            headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
            assert_eq!(
                max_age(&headers).map(|age| age.as_secs()),
                expected,
                "{value}"
            );
        }
        assert_eq!(max_age(&HeaderMap::new()), None);
    }
}
