//! How tokens are signed.

use std::fmt;

/// How tokens are signed: the one way that an app accepts. `JWT_ALGORITHM`.
///
/// A token's own header has no say in it: one that names another algorithm is refused.
/// Names and meanings are those of RFC 7518 and RFC 8037. `RS`, `PS` and `ES` need the
/// feature `asymmetric`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256; `JWT_SECRET` has at least 32 bytes.
    #[default]
    HS256,
    /// HMAC with SHA-384; `JWT_SECRET` has at least 48 bytes.
    HS384,
    /// HMAC with SHA-512; `JWT_SECRET` has at least 64 bytes.
    HS512,
    /// Ed25519, with a public key.
    EdDSA,
    /// RSA (PKCS#1 v1.5) with SHA-256, with a public key of 2048 to 8192 bits.
    RS256,
    /// RSA (PKCS#1 v1.5) with SHA-384.
    RS384,
    /// RSA (PKCS#1 v1.5) with SHA-512.
    RS512,
    /// RSA (PSS) with SHA-256, with a public key of 2048 to 8192 bits.
    PS256,
    /// RSA (PSS) with SHA-384.
    PS384,
    /// RSA (PSS) with SHA-512.
    PS512,
    /// ECDSA over P-256 with SHA-256, with a public key.
    ES256,
    /// ECDSA over P-384 with SHA-384, with a public key.
    ES384,
}

impl Algorithm {
    /// Reads a name as it stands in a token's header: `RS256`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let found = ALL.iter().find(|algorithm| algorithm.name() == text);
        found.copied().ok_or_else(|| {
            format!(
                "`{text}` is not an algorithm of tokens (example: {})",
                nearest(text)
            )
        })
    }

    /// Its name in a token's header.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::EdDSA => "EdDSA",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
        }
    }

    /// Bytes that a secret must have, or nothing when a key pair signs. A secret shorter
    /// than the hash is weaker than the hash (RFC 7518, 3.2).
    pub(crate) fn least_secret_bytes(self) -> Option<usize> {
        match self {
            Self::HS256 => Some(32),
            Self::HS384 => Some(48),
            Self::HS512 => Some(64),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn nearest(text: &str) -> Algorithm {
    // Who writes `hs256` or `EDDSA` knows what he wants.
    let text = text.to_uppercase();
    // The curve's name, also as RFC 9864 would have it.
    if text == "ED25519" {
        return Algorithm::EdDSA;
    }
    let likeness =
        |algorithm: &Algorithm| strsim::jaro_winkler(&algorithm.name().to_uppercase(), &text);
    // Of several that are as near, the first: the default, when nothing is near.
    let near = ALL
        .iter()
        .rev()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    near.copied().unwrap_or_default()
}

const ALL: [Algorithm; 12] = [
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for algorithm in ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Ok(algorithm));
            assert_eq!(algorithm.to_string(), algorithm.name());
        }
    }

    #[test]
    fn any_other_name_is_answered_with_the_nearest() {
        for (text, near) in [
            ("hs256", "HS256"),
            ("EDDSA", "EdDSA"),
            ("Ed25519", "EdDSA"),
            ("RS265", "RS256"),
            ("PS-512", "PS512"),
            ("es384", "ES384"),
            ("none", "HS256"),
            ("", "HS256"),
        ] {
            assert_eq!(
                Algorithm::parse(text),
                Err(format!(
                    "`{text}` is not an algorithm of tokens (example: {near})"
                ))
            );
        }
    }
}
