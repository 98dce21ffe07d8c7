//! Signing tokens with a secret.

use super::crypto;
use crate::config::Algorithm;
use crate::error::Result;
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

/// Signs claims as an HS256 token, for a login of your own or for `orcs token`.
///
/// Nothing is added: give it an `exp` (seconds since 1970), or nobody will accept it.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Claims { sub: &'static str, exp: u64 }
///
/// let secret = "a secret of 32 random bytes or more";
/// let token = orcs::auth::sign(&Claims { sub: "ann", exp: 2_000_000_000 }, secret)?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), orcs::Error>(())
/// ```
///
/// # Errors
///
/// Claims that cannot be written as JSON.
pub fn sign(claims: &impl Serialize, secret: &str) -> Result<String> {
    sign_with(Algorithm::HS256, claims, secret)
}

/// Signs claims as [`sign`] does, with HS384 or HS512: `sign_with(config.jwt_algorithm, ..)`.
///
/// # Errors
///
/// An algorithm that signs with a private key instead of a secret; claims that cannot be
/// written as JSON.
pub fn sign_with(algorithm: Algorithm, claims: &impl Serialize, secret: &str) -> Result<String> {
    if algorithm.least_secret_bytes().is_none() {
        return Err(format!(
            "`{algorithm}` signs with a private key, not with a secret (HS256, HS384 and HS512 do)"
        )
        .into());
    }
    crypto::install();
    let header = Header::new(crypto::jose(algorithm));
    let key = EncodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::encode(&header, claims, &key)?)
}
