//! What tokens are checked with.

use super::Claims;
use super::jwt;
use crate::config::{Config, Secret};
use crate::error::Result;

/// Checks tokens by the settings' key.
#[derive(Debug)]
pub(crate) struct Verifier(Secret);

impl Verifier {
    /// None without a key.
    ///
    /// # Errors
    ///
    /// A key that cannot be used.
    pub(crate) fn new(config: &Config) -> Result<Option<Self>> {
        let Some(secret) = &config.jwt_secret else {
            return Ok(None);
        };
        jwt::self_test(secret)?;
        Ok(Some(Self(secret.clone())))
    }

    /// The claims of a valid token.
    ///
    /// # Errors
    ///
    /// Any other token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims> {
        jwt::verify(token, &self.0)
    }
}
