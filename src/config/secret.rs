//! A text that is never printed, and when it is no secret.

use super::Algorithm;
use std::fmt;

/// A secret text. Its `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being printed by accident.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Refuses what others know or can find out, for tokens signed like this.
    pub(super) fn check(&self, algorithm: Algorithm) -> Result<(), String> {
        if PUBLIC_KEYS.iter().any(|part| self.0.contains(part)) {
            return Err("this is a key of a pair, not a secret; a public key goes into a file, and the file's path into JWT_PUBLIC_KEY_FILE".to_owned());
        }
        let bytes = algorithm.least_secret_bytes();
        let example = format!(
            "(example: the output of `openssl rand -hex {}`)",
            bytes.unwrap_or(32)
        );
        if self.is_known() {
            return Err(format!("this is a known default, not a secret {example}"));
        }
        match bytes {
            Some(bytes) if self.0.len() < bytes => Err(format!(
                "the secret is shorter than {bytes} bytes {example}"
            )),
            _ => Ok(()),
        }
    }

    /// Refuses what could be guessed, or not be sent as `Authorization: Bearer`.
    pub(super) fn check_as_header(&self) -> Result<(), String> {
        let example = format!("(example: the output of `openssl rand -hex {LEAST_KEY_BYTES}`)");
        if self.is_known() {
            Err(format!("this is a known default, not a secret {example}"))
        } else if self.0.len() < LEAST_KEY_BYTES {
            Err(format!(
                "the key is shorter than {LEAST_KEY_BYTES} bytes {example}"
            ))
        } else if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err(format!(
                "a header cannot carry this key: visible ASCII alone {example}"
            ))
        } else {
            Ok(())
        }
    }

    /// Whether it stands in somebody's documentation, perhaps in another spelling.
    fn is_known(&self) -> bool {
        let letters: String = self
            .0
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        KNOWN.iter().any(|known| letters.starts_with(known))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// 128 bits, if it is random.
const LEAST_KEY_BYTES: usize = 16;

/// How public defaults begin, without what is no letter or digit: ORCS's
/// `change-me-in-production`, the examples of jwt.io, Supabase's and PostgREST's, and what
/// people write who mean to come back.
const KNOWN: [&str; 13] = [
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "secret",
    "supersecret",
    "mysecret",
    "jwtsecret",
    "your",
    "astringsecretatleast",
    "avalidstringsecretthatisatleast",
    "reallyreallyreallyreally",
    "password",
];

/// What a key of a pair looks like: PEM, and the base64 inside it, which some issuers show
/// alone. As an HMAC's secret it would let everybody sign who can read it.
const PUBLIC_KEYS: [&str; 6] = [
    "-----BEGIN ",
    "ANBgkqhkiG9w0BAQ",  // RSA
    "A0GCSqGSIb3DQEBAQ", // RSA of 1024 bits
    "MCowBQYDK2Vw",      // Ed25519
    "MFkwEwYHKoZIzj0C",  // P-256
    "MHYwEAYHKoZIzj0C",  // P-384
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};

    fn refusal(text: &str, algorithm: Algorithm) -> String {
        Secret::new(text).check(algorithm).unwrap_err()
    }

    #[test]
    fn a_secret_is_at_least_as_long_as_the_hash() {
        for (algorithm, bytes) in [
            (Algorithm::HS256, 32),
            (Algorithm::HS384, 48),
            (Algorithm::HS512, 64),
        ] {
            let long = Secret::new("x".repeat(bytes));
            assert_eq!(long.check(algorithm), Ok(()));
            assert_eq!(
                refusal(&"x".repeat(bytes - 1), algorithm),
                format!(
                    "the secret is shorter than {bytes} bytes (example: the output of `openssl rand -hex {bytes}`)"
                )
            );
        }
        // Nobody signs with it: `orcs new` wrote it, and the app then chose a key pair.
        assert_eq!(Secret::new("short").check(Algorithm::EdDSA), Ok(()));
    }

    #[test]
    fn it_is_measured_by_the_algorithm_whoever_chose_which() {
        let short = "s".repeat(40);
        let load = |file: &str, configure: &dyn Fn(&mut Config)| {
            let sources = Sources::new(Some(file), []).unwrap();
            Config::from_sources(sources, configure)
        };
        let file = format!("JWT_ALGORITHM=HS512\nJWT_SECRET={short}");
        let error = load(&file, &|_| {}).unwrap_err().to_string();
        assert!(
            error.contains("64 bytes") && error.ends_with(".env:2"),
            "{error}"
        );
        let in_code = |config: &mut Config| config.jwt_secret = Some(Secret::new(&*short));
        let mut config = load("JWT_ALGORITHM=HS512", &in_code).unwrap();
        // The app settles its settings once more at the start.
        let error = config.settle().unwrap_err().to_string();
        assert!(error.starts_with("JWT_SECRET: "), "{error}");
    }

    #[test]
    fn a_known_default_is_no_secret() {
        for known in [
            "change-me-in-production",
            "CHANGE_ME_IN_PRODUCTION_this_is_long_enough",
            "secret",
            "your-secret",
            "your-256-bit-secret",
            "Your Super Secret Key, which is long enough",
            "a-string-secret-at-least-256-bits-long",
            "super-secret-jwt-token-with-at-least-32-characters-long",
            "reallyreallyreallyreallyverysafe",
        ] {
            let why = refusal(known, Algorithm::HS256);
            assert!(why.starts_with("this is a known default"), "{known}: {why}");
        }
    }

    /// Keycloak shows a realm's public key as bare base64. As a secret it would be one
    /// that every client knows.
    #[test]
    fn a_key_of_a_pair_is_no_secret() {
        for key in [
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----",
            "-----BEGIN RSA PRIVATE KEY----- and so on",
            "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7",
            "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7",
        ] {
            for algorithm in [Algorithm::HS256, Algorithm::RS256] {
                let why = refusal(key, algorithm);
                assert!(why.starts_with("this is a key of a pair"), "{key}: {why}");
                assert!(why.contains("JWT_PUBLIC_KEY_FILE"), "{why}");
            }
        }
    }
}
