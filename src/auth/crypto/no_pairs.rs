//! RSA, ECDSA, and signing with a key pair, in a build without the feature `asymmetric`.

use jsonwebtoken::crypto::{JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

pub(super) fn signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

pub(super) fn verifier(_: &Algorithm, _: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

pub(super) const KEY_UTILS: KeyUtils = KeyUtils::new_unimplemented();
