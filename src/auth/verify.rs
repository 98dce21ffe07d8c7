//! Whether an app would take a token, asked without a client.

use super::verifier::{Verifier, missing_key};
use crate::config::Config;
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;

/// The claims of a token that an app with these settings takes.
///
/// It is the judgement that sockets get, for a login's own tests and for `orcs token
/// decode`. Nobody is asked over the network: keys at `JWT_JWKS_URL` are an error here.
///
/// ```
/// use orcs::{Config, Secret, auth};
/// use serde_json::{Value, json};
///
/// let mut config = Config::default();
/// config.jwt_secret = Some(Secret::new("0123456789abcdef0123456789abcdef"));
/// let claims = json!({ "sub": "ann", "exp": 2_000_000_000 });
/// let token = auth::sign(&claims, "0123456789abcdef0123456789abcdef")?;
/// assert_eq!(auth::verify::<Value>(&config, &token)?["sub"], "ann");
///
/// let forged = auth::sign(&claims, "another secret, just as long as it")?;
/// let why = auth::verify::<Value>(&config, &forged).unwrap_err();
/// assert_eq!(why.to_string(), "its signature is wrong");
/// # Ok::<(), orcs::Error>(())
/// ```
///
/// # Errors
///
/// Why the token is refused; settings without a key that can be used here; claims of
/// another shape.
pub fn verify<T: DeserializeOwned>(config: &Config, token: &str) -> Result<T> {
    if config.jwt_jwks_url.is_some() {
        return Err(
            "its issuer's keys are at JWT_JWKS_URL, which only a running app asks for".into(),
        );
    }
    let mut config = config.clone();
    // Whether routes look at tokens is another question.
    config.auth_enabled = true;
    let verifier = Verifier::new(&config)?.ok_or_else(|| Error::from(missing_key(&config)))?;
    let claims = verifier.verify_now(token)?;
    Ok(claims.read()?)
}
