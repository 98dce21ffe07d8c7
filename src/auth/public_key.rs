//! A public key, whoever brought it.

use super::crypto;
use super::der::{BIT_STRING, Der, INTEGER, OBJECT_ID, SEQUENCE};
use crate::config::Algorithm;
use jsonwebtoken::DecodingKey;

/// A public key, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, the most significant byte first and not 0.
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point, uncompressed: 4, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519([u8; 32]),
}

/// The curves of ES256 and ES384.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, 4.1): what `PUBLIC KEY` means in PEM.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let mut outer = Der::new(der);
        let mut info = outer.enter(SEQUENCE)?;
        let mut kind = info.enter(SEQUENCE)?;
        // The first byte counts bits at the end that are none of the key.
        let bits = info.take(BIT_STRING)?.strip_prefix(&[0])?;
        if !outer.is_empty() || !info.is_empty() {
            return None;
        }
        match kind.take(OBJECT_ID)? {
            RSA => Self::rsa_from_der(bits),
            ED25519 => bits.try_into().ok().map(Self::Ed25519),
            EC => match kind.take(OBJECT_ID)? {
                P256 => Self::ec(Curve::P256, bits),
                P384 => Self::ec(Curve::P384, bits),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads an RSAPublicKey (RFC 8017, A.1.1): what `RSA PUBLIC KEY` means in PEM.
    pub(super) fn rsa_from_der(der: &[u8]) -> Option<Self> {
        let mut outer = Der::new(der);
        let mut numbers = outer.enter(SEQUENCE)?;
        let (modulus, exponent) = (numbers.take(INTEGER)?, numbers.take(INTEGER)?);
        let whole = outer.is_empty() && numbers.is_empty();
        whole.then(|| Self::rsa(modulus, exponent))
    }

    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa {
            modulus: without_zeros(modulus).to_owned(),
            exponent: without_zeros(exponent).to_owned(),
        }
    }

    /// Takes a point as it is written, when it is one of this curve's length.
    pub(super) fn ec(curve: Curve, point: &[u8]) -> Option<Self> {
        let is_whole = point.len() == 1 + 2 * curve.bytes() && point[0] == UNCOMPRESSED;
        is_whole.then(|| Self::Ec {
            curve,
            point: point.to_owned(),
        })
    }

    /// The key in jsonwebtoken's form.
    ///
    /// # Errors
    ///
    /// Why it cannot verify what this algorithm signs: "an RSA key, and not ..".
    pub(super) fn for_algorithm(&self, algorithm: Algorithm) -> Result<DecodingKey, String> {
        let wanted = wanted(algorithm);
        if self.kind() != wanted {
            return Err(format!("{}, and {algorithm} takes {wanted}", self.kind()));
        }
        let key = match self {
            Self::Rsa { modulus, exponent } => {
                let bits = bits(modulus);
                if !RSA_BITS.contains(&bits) {
                    return Err(format!(
                        "{wanted} of {bits} bits; safe ones have 2048 to 8192"
                    ));
                }
                // With 1 everybody can sign; even ones and larger ones are nobody's.
                if exponent == &[1]
                    || exponent.len() > 4
                    || exponent.last().is_none_or(|e| e % 2 == 0)
                {
                    return Err(format!("{wanted} with an exponent that is not in use"));
                }
                DecodingKey::from_rsa_raw_components(modulus, exponent)
            }
            Self::Ec { point, .. } => DecodingKey::from_ec_der(point),
            Self::Ed25519(point) if crypto::is_ed25519_key(*point) => {
                DecodingKey::from_ed_der(point)
            }
            Self::Ed25519(_) => return Err(format!("{wanted} that fits no signature")),
        };
        crypto::try_out(&key, algorithm)?;
        Ok(key)
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "an RSA key",
            Self::Ec {
                curve: Curve::P256, ..
            } => "a P-256 key",
            Self::Ec {
                curve: Curve::P384, ..
            } => "a P-384 key",
            Self::Ed25519(_) => "an Ed25519 key",
        }
    }
}

impl Curve {
    /// Bytes of one coordinate.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// The one kind of key that an algorithm takes, as [`PublicKey::kind`] names it.
fn wanted(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => "a secret",
        Algorithm::EdDSA => "an Ed25519 key",
        Algorithm::ES256 => "a P-256 key",
        Algorithm::ES384 => "a P-384 key",
        Algorithm::RS256
        | Algorithm::RS384
        | Algorithm::RS512
        | Algorithm::PS256
        | Algorithm::PS384
        | Algorithm::PS512 => "an RSA key",
    }
}

fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    number.len() * 8 - unused as usize
}

/// Some write a zero in front, so that nobody takes the number for a negative one.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// Fewer can be factored (RFC 7518, 3.3); more only cost time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// How an uncompressed point begins (SEC 1, 2.3.3).
pub(super) const UNCOMPRESSED: u8 = 4;

// Names of kinds of keys and of curves (RFC 8017, RFC 5480, RFC 8410).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
