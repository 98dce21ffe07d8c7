//! Who verifies tokens: made once, at the start.

use super::checks::Checks;
use super::claims::Claims;
use super::refused::Refused;
use super::sign::sign_with;
use super::{crypto, pem};
use crate::config::{Algorithm, Config, Secret};
use crate::error::{Error, Result};
use jsonwebtoken::DecodingKey;
use serde_json::json;
use std::fs;
use std::path::Path;

/// Who verifies tokens.
#[derive(Debug)]
pub(crate) struct Verifier {
    checks: Checks,
    key: DecodingKey,
}

impl Verifier {
    /// Reads the key that the settings name. There is none when tokens are not read at
    /// all, or when no key is set for the chosen algorithm.
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
        let key = match config.jwt_algorithm.least_secret_bytes() {
            Some(_) => secret(config, &checks),
            None => public_key(config),
        };
        let key = key.map_err(|why| Error::new("start", why))?;
        Ok(key.map(|key| Self { checks, key }))
    }

    /// The claims of a token that is signed as it must be, and has not run out.
    ///
    /// # Errors
    ///
    /// Any other token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, Refused> {
        self.checks.key_id(token)?;
        self.checks.claims(token, &self.key)
    }
}

/// What a route that requires a token needs and does not have, and where it comes from.
pub(crate) fn missing_key(config: &Config) -> String {
    let algorithm = config.jwt_algorithm;
    if algorithm.least_secret_bytes().is_none() {
        return format!(
            "JWT_PUBLIC_KEY_FILE is not set (JWT_ALGORITHM is {algorithm}); put `JWT_PUBLIC_KEY_FILE=` and the path of the signer's public key, in PEM, into .env"
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
fn secret(config: &Config, checks: &Checks) -> Result<Option<DecodingKey>, String> {
    let algorithm = config.jwt_algorithm;
    if config.jwt_public_key_file.is_some() {
        return Err(format!(
            "JWT_PUBLIC_KEY_FILE is set, but JWT_ALGORITHM is {algorithm}, which takes a secret; name the algorithm of the key (example: JWT_ALGORITHM=EdDSA), or leave the file out"
        ));
    }
    let Some(secret) = &config.jwt_secret else {
        return Ok(None);
    };
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    test(config, secret, checks, &key)
        .map_err(|why| format!("{algorithm} does not work in this process: {why}"))?;
    Ok(Some(key))
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
    checks.claims(&token, key)?;
    Ok(())
}

/// The key of an algorithm that signs with the other half of a pair.
fn public_key(config: &Config) -> Result<Option<DecodingKey>, String> {
    let algorithm = config.jwt_algorithm;
    if !crypto::knows(algorithm) {
        return Err(format!(
            "JWT_ALGORITHM is {algorithm}, which needs the feature `asymmetric`: in Cargo.toml, add `features = [\"asymmetric\"]` to the dependency `orcs`"
        ));
    }
    let file = config.jwt_public_key_file.as_deref();
    let key = file.map(|path| {
        read(path, algorithm)
            .map_err(|why| format!("JWT_PUBLIC_KEY_FILE: `{}` {why}", path.display()))
    });
    key.transpose()
}

fn read(path: &Path, algorithm: Algorithm) -> Result<DecodingKey, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let key = pem::public_key(&text)?.for_algorithm(algorithm);
    key.map_err(|why| format!("holds {why}"))
}
