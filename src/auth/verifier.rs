//! Who verifies tokens: made once, at the start.

use super::checks::Checks;
use super::claims::Claims;
#[cfg(feature = "jwks")]
use super::jwks::Jwks;
use super::refused::Refused;
use super::sign::sign_with;
use super::{crypto, pem};
use crate::config::{Algorithm, Config, Secret};
use crate::error::{Error, Result};
use jsonwebtoken::DecodingKey;
use serde_json::json;
use std::borrow::Cow;
use std::path::Path;
use std::{fs, slice};

/// Who verifies tokens.
#[derive(Debug)]
pub(crate) struct Verifier {
    checks: Checks,
    keys: Keys,
}

#[derive(Debug)]
enum Keys {
    One(DecodingKey),
    #[cfg(feature = "jwks")]
    Published(Jwks),
}

impl Verifier {
    /// Reads the key that the settings name, or begins to ask for it. There is none when
    /// tokens are not read at all, or when no key is set for the chosen algorithm.
    ///
    /// # Errors
    ///
    /// Settings that contradict each other, and a key that does not work.
    pub(crate) fn new(config: &Config) -> Result<Option<Self>> {
        if !config.auth_enabled {
            return Ok(None);
        }
        crypto::install();
        let checks = Checks::new(config);
        let keys = match config.jwt_algorithm.least_secret_bytes() {
            Some(_) => secret(config, &checks),
            None => public_keys(config),
        };
        let keys = keys.map_err(|why| Error::new("start", why))?;
        Ok(keys.map(|keys| Self { checks, keys }))
    }

    #[cfg(all(test, feature = "jwks"))]
    pub(super) fn with_published(config: &Config, keys: Jwks) -> Self {
        Self {
            checks: Checks::new(config),
            keys: Keys::Published(keys),
        }
    }

    /// The claims of a token that is signed as it must be, and has not run out. Waits only
    /// for an issuer's key that is not known yet.
    ///
    /// # Errors
    ///
    /// Any other token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, Refused> {
        let id = self.checks.key_id(token)?;
        let keys = self.keys.named(id.as_deref()).await;
        self.checks.claims(token, &keys)
    }

    /// As [`Verifier::verify`], by keys that are at hand.
    pub(super) fn verify_now(&self, token: &str) -> Result<Claims, Refused> {
        self.checks.key_id(token)?;
        match &self.keys {
            Keys::One(key) => self.checks.claims(token, slice::from_ref(key)),
            #[cfg(feature = "jwks")]
            Keys::Published(_) => Err(Refused::Key),
        }
    }
}

impl Keys {
    /// The keys that a token may be signed with, by the name of a key in it.
    async fn named(&self, id: Option<&str>) -> Cow<'_, [DecodingKey]> {
        match (self, id) {
            // One key needs no name.
            (Self::One(key), _) => slice::from_ref(key).into(),
            #[cfg(feature = "jwks")]
            (Self::Published(keys), id) => keys.named(id).await.into(),
        }
    }
}

/// What a route that requires a token needs and does not have, and where it comes from.
pub(crate) fn missing_key(config: &Config) -> String {
    let algorithm = config.jwt_algorithm;
    if algorithm.least_secret_bytes().is_none() {
        return format!(
            "neither JWT_PUBLIC_KEY_FILE nor JWT_JWKS_URL is set (JWT_ALGORITHM is {algorithm}); put `JWT_PUBLIC_KEY_FILE=` and the path of the signer's public key, in PEM, into .env"
        );
    }
    let cure = if config.has_env_file() {
        "put `JWT_SECRET=` and the output of `openssl rand -hex 32` into .env"
    } else {
        "there is no .env here: type `orcs serve` once (`cargo orcs serve` in a checkout of the framework), which writes one"
    };
    format!("JWT_SECRET is not set; {cure}")
}

/// The key of HS256 and its like.
fn secret(config: &Config, checks: &Checks) -> Result<Option<Keys>, String> {
    let algorithm = config.jwt_algorithm;
    let public = [
        ("JWT_PUBLIC_KEY_FILE", config.jwt_public_key_file.is_some()),
        ("JWT_JWKS_URL", config.jwt_jwks_url.is_some()),
    ];
    if let Some((name, _)) = public.iter().find(|(_, is_set)| *is_set) {
        return Err(format!(
            "{name} is set, but JWT_ALGORITHM is {algorithm}, which takes a secret; name the algorithm of the key (example: JWT_ALGORITHM=EdDSA), or leave {name} out"
        ));
    }
    let Some(secret) = &config.jwt_secret else {
        return Ok(None);
    };
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    test(config, secret, checks, &key)
        .map_err(|why| format!("{algorithm} does not work in this process: {why}"))?;
    Ok(Some(Keys::One(key)))
}

/// Signs and verifies once, so that unusable cryptography stops the start and not the
/// first client.
fn test(config: &Config, secret: &Secret, checks: &Checks, key: &DecodingKey) -> Result {
    let claims = json!({
        "exp": u32::MAX,
        "iss": config.jwt_issuer,
        "aud": config.jwt_audience,
    });
    let token = sign_with(config.jwt_algorithm, &claims, secret.expose())?;
    checks.claims(&token, slice::from_ref(key))?;
    Ok(())
}

/// The keys of an algorithm that signs with the other half of a pair.
fn public_keys(config: &Config) -> Result<Option<Keys>, String> {
    let algorithm = config.jwt_algorithm;
    if !crypto::knows(algorithm) {
        return Err(missing_feature(
            &format!("JWT_ALGORITHM is {algorithm}"),
            "asymmetric",
        ));
    }
    match (&config.jwt_public_key_file, &config.jwt_jwks_url) {
        (None, None) => Ok(None),
        (Some(path), None) => match read(path, algorithm) {
            Ok(key) => Ok(Some(Keys::One(key))),
            Err(why) => Err(format!("JWT_PUBLIC_KEY_FILE: `{}` {why}", path.display())),
        },
        (None, Some(url)) => published(url, algorithm).map(Some),
        (Some(_), Some(_)) => {
            Err("JWT_PUBLIC_KEY_FILE and JWT_JWKS_URL are both set; keep one".to_owned())
        }
    }
}

#[cfg(feature = "jwks")]
fn published(url: &str, algorithm: Algorithm) -> Result<Keys, String> {
    Jwks::new(url, algorithm).map(Keys::Published)
}

#[cfg(not(feature = "jwks"))]
fn published(_: &str, _: Algorithm) -> Result<Keys, String> {
    Err(missing_feature("JWT_JWKS_URL is set", "jwks"))
}

fn missing_feature(what: &str, feature: &str) -> String {
    format!(
        "{what}, which needs the feature `{feature}`: in Cargo.toml, add `features = [\"{feature}\"]` to the dependency `orcs`"
    )
}

fn read(path: &Path, algorithm: Algorithm) -> Result<DecodingKey, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let key = pem::public_key(&text)?.for_algorithm(algorithm);
    key.map_err(|why| format!("holds {why}"))
}
