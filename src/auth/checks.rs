//! What a token must be and say, whichever key it is signed with.

use super::claims::Claims;
use super::crypto;
use super::refused::Refused;
use crate::config::{Algorithm, Config};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What a token must be and say: made once, from the settings.
#[derive(Debug)]
pub(super) struct Checks {
    algorithm: Algorithm,
    issuer: Option<String>,
    validation: Validation,
}

impl Checks {
    pub(super) fn new(config: &Config) -> Self {
        let mut validation = Validation::new(crypto::jose(config.jwt_algorithm));
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.validate_aud = config.jwt_audience.is_some();
        let mut required = vec!["exp"];
        if let Some(audience) = &config.jwt_audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        Self {
            algorithm: config.jwt_algorithm,
            issuer: config.jwt_issuer.clone(),
            validation,
        }
    }

    /// Looks at a token's header, of which nobody knows yet who wrote it. The algorithm is
    /// ours to choose; keys and addresses of keys in it (`jwk`, `jku`, `x5u`) are not
    /// looked at. What is left is the name of a key.
    pub(super) fn key_id(&self, token: &str) -> Result<Option<String>, Refused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refused::TooLong);
        }
        let (header, _) = token.split_once('.').ok_or(Refused::Malformed)?;
        let header = BASE64.decode(header).map_err(|_| Refused::Malformed)?;
        let mut header: Map<String, Value> =
            serde_json::from_slice(&header).map_err(|_| Refused::Malformed)?;
        if header.get("alg").and_then(Value::as_str) != Some(self.algorithm.name()) {
            return Err(Refused::Algorithm);
        }
        // Extensions that must be understood (RFC 7515, 4.1.11): we know none.
        if header.contains_key("crit") {
            return Err(Refused::Critical);
        }
        match header.remove("kid") {
            None => Ok(None),
            Some(Value::String(kid)) => Ok(Some(kid)),
            Some(_) => Err(Refused::Malformed),
        }
    }

    /// Verifies a token with the first of these keys that fits, and then reads its claims.
    /// [`Checks::key_id`] comes first.
    pub(super) fn claims(&self, token: &str, keys: &[DecodingKey]) -> Result<Claims, Refused> {
        let mut refused = Refused::Key;
        for key in keys {
            match self.claims_by(token, key) {
                Err(Refused::Signature) => refused = Refused::Signature,
                settled => return settled,
            }
        }
        Err(refused)
    }

    fn claims_by(&self, token: &str, key: &DecodingKey) -> Result<Claims, Refused> {
        let decoded = jsonwebtoken::decode::<Box<RawValue>>(token, key, &self.validation)
            .map_err(|error| why(error.kind()))?;
        Claims::new(decoded.claims, self.issuer.as_deref())
    }
}

/// jsonwebtoken's reason in ours. Its own text may quote the token.
fn why(kind: &ErrorKind) -> Refused {
    match kind {
        ErrorKind::InvalidSignature => Refused::Signature,
        ErrorKind::ExpiredSignature => Refused::Expired,
        ErrorKind::ImmatureSignature => Refused::Early,
        ErrorKind::InvalidAudience => Refused::Audience,
        ErrorKind::InvalidAlgorithm => Refused::Algorithm,
        ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
            Refused::Claim(match claim.as_str() {
                "nbf" => "nbf",
                "aud" => "aud",
                _ => "exp",
            })
        }
        _ => Refused::Malformed,
    }
}

/// More than any issuer's, and little enough to look at for anybody who asks.
const MAX_TOKEN_BYTES: usize = 8 << 10;

/// How far two clocks may differ.
const LEEWAY_S: u64 = 5;
