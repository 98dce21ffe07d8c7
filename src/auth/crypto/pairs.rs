//! RSA and ECDSA, and signing with any key pair: jsonwebtoken's own backend, aws-lc.

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER as AWS_LC;
use jsonwebtoken::crypto::{JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

pub(super) fn signer(
    algorithm: &Algorithm,
    key: &EncodingKey,
) -> Result<Box<dyn JwtSigner>, Error> {
    (AWS_LC.signer_factory)(algorithm, key)
}

pub(super) fn verifier(
    algorithm: &Algorithm,
    key: &DecodingKey,
) -> Result<Box<dyn JwtVerifier>, Error> {
    (AWS_LC.verifier_factory)(algorithm, key)
}

pub(super) const KEY_UTILS: KeyUtils = KeyUtils {
    rsa_pub_components_from_private_key: AWS_LC.key_utils.rsa_pub_components_from_private_key,
    rsa_pub_components_from_public_key: AWS_LC.key_utils.rsa_pub_components_from_public_key,
    ec_pub_components_from_private_key: AWS_LC.key_utils.ec_pub_components_from_private_key,
    ed_pub_components_from_private_key: AWS_LC.key_utils.ed_pub_components_from_private_key,
    compute_digest: AWS_LC.key_utils.compute_digest,
};
