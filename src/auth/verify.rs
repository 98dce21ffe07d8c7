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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::sign;
    use crate::config::{Algorithm, Secret};
    use serde_json::{Value, json};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn refusal(configure: impl FnOnce(&mut Config)) -> Option<String> {
        let mut config = Config::default();
        config.jwt_secret = Some(Secret::new(SECRET));
        configure(&mut config);
        let token = sign(&json!({ "exp": u32::MAX }), SECRET).unwrap();
        let claims = verify::<Value>(&config, &token);
        claims.err().map(|why| why.to_string())
    }

    #[test]
    fn a_token_is_judged_whether_or_not_routes_look_at_tokens() {
        assert_eq!(refusal(|_| {}), None);
        assert_eq!(refusal(|config| config.auth_enabled = false), None);
        let why = refusal(|config| config.jwt_issuer = Some("me".to_owned()));
        assert!(why.is_some_and(|why| why.contains("`iss`")));
    }

    #[test]
    fn without_a_key_at_hand_it_says_which() {
        let none = refusal(|config| config.jwt_secret = None).unwrap();
        assert!(none.starts_with("JWT_SECRET is not set"), "{none}");
        let published = refusal(|config| {
            config.jwt_algorithm = Algorithm::EdDSA;
            config.jwt_jwks_url = Some("https://example.com/keys".parse().unwrap());
        });
        assert!(published.unwrap().contains("JWT_JWKS_URL"));
    }
}
