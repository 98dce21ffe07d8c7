//! What an issuer publishes: a set of keys, of which some are for us.

use crate::auth::public_key::{Curve, PublicKey, UNCOMPRESSED};
use crate::config::Algorithm;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// A key that verifies tokens, and its name.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) key: DecodingKey,
}

/// The keys in a set that verify what `algorithm` signs.
///
/// # Errors
///
/// What is no set at all. A key that is for something else, or that nobody can read,
/// takes nothing from the others (RFC 7517, 5).
pub(super) fn read(json: &[u8], algorithm: Algorithm) -> Result<Vec<Key>, &'static str> {
    let set: Set = serde_json::from_slice(json).map_err(|_| "its answer is no set of keys")?;
    let keys = set.keys.into_iter().filter_map(|jwk| {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let key = match jwk.key(algorithm) {
            Ok(key) => key,
            Err(why) => {
                tracing::debug!(kid = jwk.kid, "a key of the issuer is left out: {why}");
                return None;
            }
        };
        Some(Key { id: jwk.kid, key })
    });
    Ok(keys.collect())
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// A key as it is published. What else stands there is not read, not even the private
/// half that somebody has published by mistake.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    fn key(&self, algorithm: Algorithm) -> Result<DecodingKey, String> {
        if self.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return Err("its `use` is not `sig`".to_owned());
        }
        let verifies = |ops: &Vec<String>| ops.iter().any(|op| op == "verify");
        if self.key_ops.as_ref().is_some_and(|ops| !verifies(ops)) {
            return Err("its `key_ops` are without `verify`".to_owned());
        }
        if self.alg.as_ref().is_some_and(|alg| alg != algorithm.name()) {
            return Err(format!("its `alg` is not {algorithm}"));
        }
        let key = self
            .public_key()
            .ok_or("it is no RSA, P-256, P-384 or Ed25519 key")?;
        key.for_algorithm(algorithm)
            .map_err(|why| format!("it is {why}"))
    }

    fn public_key(&self) -> Option<PublicKey> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Some(PublicKey::rsa(&bytes(&self.n)?, &bytes(&self.e)?)),
            ("EC", Some("P-256")) => self.point(Curve::P256),
            ("EC", Some("P-384")) => self.point(Curve::P384),
            ("OKP", Some("Ed25519")) => bytes(&self.x)?.try_into().ok().map(PublicKey::Ed25519),
            _ => None,
        }
    }

    /// Each coordinate is written in full (RFC 7518, 6.2.1.2).
    fn point(&self, curve: Curve) -> Option<PublicKey> {
        let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
        let is_whole = x.len() == curve.bytes() && y.len() == curve.bytes();
        let point = [&[UNCOMPRESSED][..], &x, &y].concat();
        PublicKey::ec(curve, &point).filter(|_| is_whole)
    }
}

fn bytes(text: &Option<String>) -> Option<Vec<u8>> {
    BASE64.decode(text.as_ref()?).ok()
}
