//! The cryptography under jsonwebtoken, which brings none of its own.

mod ed25519;
mod hmac;
#[cfg(feature = "asymmetric")]
mod pairs;
#[cfg(not(feature = "asymmetric"))]
#[path = "no_pairs.rs"]
mod pairs;

pub(super) use ed25519::is_key as is_ed25519_key;

use crate::config::Algorithm;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, EncodingKey};
use std::sync::Once;

/// Makes ours the process's cryptography for tokens, unless the app has installed its own.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error only says that one is installed; the self-test tells whether it will do.
        let _ = PROVIDER.install_default();
    });
}

/// Whether this build can verify what the algorithm signs.
pub(super) fn knows(algorithm: Algorithm) -> bool {
    match jose(algorithm).family() {
        AlgorithmFamily::Hmac | AlgorithmFamily::Ed => true,
        AlgorithmFamily::Rsa | AlgorithmFamily::Ec => cfg!(feature = "asymmetric"),
    }
}

/// The algorithm in jsonwebtoken's words.
pub(super) fn jose(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::HS256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::HS384 => jsonwebtoken::Algorithm::HS384,
        Algorithm::HS512 => jsonwebtoken::Algorithm::HS512,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::RS384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::RS512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::PS384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::PS512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
    }
}

/// Verifies what nobody has signed: a key, or a process's own cryptography, that cannot
/// even refuse it would fail at every token.
pub(super) fn try_out(key: &DecodingKey, algorithm: Algorithm) -> Result<(), String> {
    let nothing = "A".repeat(86);
    match jsonwebtoken::crypto::verify(&nothing, b"nothing", key, jose(algorithm)) {
        Ok(false) => Ok(()),
        Ok(true) => Err("a key that takes any signature".to_owned()),
        Err(error) => Err(format!("a key that {algorithm} cannot use: {error}")),
    }
}

pub(super) static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: pairs::KEY_UTILS,
};

fn signer(
    algorithm: &jsonwebtoken::Algorithm,
    key: &EncodingKey,
) -> Result<Box<dyn JwtSigner>, Error> {
    only(algorithm.family(), key.family())?;
    match algorithm.family() {
        AlgorithmFamily::Hmac => hmac::signer(*algorithm, key.as_bytes()),
        _ => pairs::signer(algorithm, key),
    }
}

fn verifier(
    algorithm: &jsonwebtoken::Algorithm,
    key: &DecodingKey,
) -> Result<Box<dyn JwtVerifier>, Error> {
    only(algorithm.family(), key.family())?;
    match algorithm.family() {
        AlgorithmFamily::Hmac => hmac::verifier(*algorithm, key.try_get_as_bytes()?),
        AlgorithmFamily::Ed => ed25519::verifier(key.try_get_as_bytes()?),
        _ => pairs::verifier(algorithm, key),
    }
}

/// A public key is nobody's secret, and the other way round.
fn only(algorithm: AlgorithmFamily, key: AlgorithmFamily) -> Result<(), Error> {
    if algorithm == key {
        Ok(())
    } else {
        Err(ErrorKind::InvalidKeyFormat.into())
    }
}
