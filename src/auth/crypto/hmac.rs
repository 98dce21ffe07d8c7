//! HMAC: one secret signs and verifies.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::errors::{Error, ErrorKind};
use sha2::{Sha256, Sha384, Sha512};
use signature::{Signer, Verifier};

pub(super) fn signer(algorithm: Algorithm, secret: &[u8]) -> Result<Box<dyn JwtSigner>, Error> {
    Ok(match algorithm {
        Algorithm::HS256 => Box::new(Hs::<Hmac<Sha256>>::new(algorithm, secret)?),
        Algorithm::HS384 => Box::new(Hs::<Hmac<Sha384>>::new(algorithm, secret)?),
        Algorithm::HS512 => Box::new(Hs::<Hmac<Sha512>>::new(algorithm, secret)?),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    })
}

pub(super) fn verifier(algorithm: Algorithm, secret: &[u8]) -> Result<Box<dyn JwtVerifier>, Error> {
    Ok(match algorithm {
        Algorithm::HS256 => Box::new(Hs::<Hmac<Sha256>>::new(algorithm, secret)?),
        Algorithm::HS384 => Box::new(Hs::<Hmac<Sha384>>::new(algorithm, secret)?),
        Algorithm::HS512 => Box::new(Hs::<Hmac<Sha512>>::new(algorithm, secret)?),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    })
}

/// A secret, ready for any message.
struct Hs<M> {
    keyed: M,
    algorithm: Algorithm,
}

impl<M: Mac + KeyInit + Clone> Hs<M> {
    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        let keyed = <M as KeyInit>::new_from_slice(secret);
        let keyed = keyed.map_err(|_| Error::from(ErrorKind::InvalidKeyFormat))?;
        Ok(Self { keyed, algorithm })
    }

    fn over(&self, message: &[u8]) -> M {
        self.keyed.clone().chain_update(message)
    }
}

impl<M: Mac + KeyInit + Clone> Signer<Vec<u8>> for Hs<M> {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.over(message).finalize().into_bytes().to_vec())
    }
}

impl<M: Mac + KeyInit + Clone> Verifier<Vec<u8>> for Hs<M> {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        // Compares in constant time, and only the whole hash.
        let compared = self.over(message).verify_slice(signature);
        compared.map_err(signature::Error::from_source)
    }
}

impl<M: Mac + KeyInit + Clone> JwtSigner for Hs<M> {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl<M: Mac + KeyInit + Clone> JwtVerifier for Hs<M> {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
