//! Ed25519: verifying only, because who signs with a key pair does it elsewhere.

use ed25519_compact::{PublicKey, Signature};
use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::errors::{Error, ErrorKind};
use signature::Verifier;

pub(super) fn verifier(key: &[u8]) -> Result<Box<dyn JwtVerifier>, Error> {
    let key = PublicKey::from_slice(key).map_err(|_| Error::from(ErrorKind::InvalidEddsaKey))?;
    Ok(Box::new(Ed25519(key)))
}

/// Whether these bytes are a point that a signature can be verified with.
pub(in crate::auth) fn is_key(key: [u8; 32]) -> bool {
    PublicKey::new(key).validate().is_ok()
}

struct Ed25519(PublicKey);

impl Verifier<Vec<u8>> for Ed25519 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        // Refuses what is not written in the one canonical way, and points of small order.
        let verified = Signature::from_slice(signature)
            .and_then(|signature| self.0.verify(message, &signature));
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Ed25519 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
