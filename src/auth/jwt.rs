//! JSON web tokens: HS256, with an expiry.

use super::hs256;
use crate::config::Secret;
use crate::error::Result;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::sync::Once;

/// What a valid token says.
#[derive(Debug)]
pub(crate) struct Claims(Box<RawValue>);

impl Claims {
    pub(crate) fn read<U: DeserializeOwned>(&self) -> serde_json::Result<U> {
        serde_json::from_str(self.0.get())
    }
}

/// The claims of a token that is signed with `secret` and has not run out.
///
/// # Errors
///
/// Any other token: another algorithm (`none` included), another key, no `exp`, run
/// out, not valid yet, or longer than 8 KiB.
pub(crate) fn verify(token: &str, secret: &Secret) -> Result<Claims> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err("the token is longer than 8 KiB".into());
    }
    install();
    // One algorithm, ours: the token's header has no say in it.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp"]);
    validation.validate_nbf = true;
    validation.validate_aud = false;
    validation.leeway = LEEWAY_S;
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    Ok(Claims(
        jsonwebtoken::decode(token, &key, &validation)?.claims,
    ))
}

/// Signs claims as an HS256 token, for a login of your own or for `orcs token`.
///
/// Nothing is added: give it an `exp` (seconds since 1970), or nobody will accept it.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Claims { sub: &'static str, exp: u64 }
///
/// let secret = "a secret of 32 random bytes or more";
/// let token = orcs::auth::sign(&Claims { sub: "ann", exp: 2_000_000_000 }, secret)?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), orcs::Error>(())
/// ```
///
/// # Errors
///
/// Claims that cannot be written as JSON.
pub fn sign(claims: &impl Serialize, secret: &str) -> Result<String> {
    install();
    let key = EncodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        claims,
        &key,
    )?)
}

/// Signs and verifies once, so that an unusable provider stops the start and not the first client.
pub(crate) fn self_test(secret: &Secret) -> Result {
    #[derive(Serialize)]
    struct Forever {
        exp: u64,
    }
    let token = sign(
        &Forever {
            exp: u64::from(u32::MAX),
        },
        secret.expose(),
    )?;
    verify(&token, secret)?;
    Ok(())
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(hs256::install);
}

const MAX_TOKEN_BYTES: usize = 8 << 10;

/// How far two clocks may differ.
const LEEWAY_S: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    use serde_json::json;
    use std::time::{SystemTime, UNIX_EPOCH};

    fn secret() -> Secret {
        Secret::new("0123456789abcdef0123456789abcdef")
    }

    fn now() -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    }

    fn signed(claims: &serde_json::Value) -> String {
        sign(claims, secret().expose()).unwrap()
    }

    #[test]
    fn a_signed_token_reads_back() {
        self_test(&secret()).unwrap();
        let claims = verify(
            &signed(&json!({"sub": "ann", "exp": now() + 60})),
            &secret(),
        )
        .unwrap();
        assert_eq!(claims.read::<serde_json::Value>().unwrap()["sub"], "ann");
    }

    #[test]
    fn the_known_vector_of_hs256_verifies() {
        // RFC 7515, A.1: header {"typ":"JWT","alg":"HS256"} with CR LF, exp in 2011.
        let key = BASE64
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let message = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        install();
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = DecodingKey::from_secret(&key);
        assert!(jsonwebtoken::crypto::verify(signature, message, &key, Algorithm::HS256).unwrap());
    }

    #[test]
    fn every_other_token_is_refused() {
        let good = json!({"sub": "ann", "exp": now() + 60});
        let part = |value: serde_json::Value| BASE64.encode(value.to_string());
        let unsigned = format!(
            "{}.{}.",
            part(json!({"alg": "none", "typ": "JWT"})),
            part(good.clone())
        );
        let swapped = {
            let token = signed(&good);
            let (_, rest) = token.split_once('.').unwrap();
            format!("{}.{rest}", part(json!({"alg": "HS512", "typ": "JWT"})))
        };
        for (why, token) in [
            ("empty", String::new()),
            ("garbage", "a.b.c".to_owned()),
            ("alg none", unsigned),
            ("alg swapped", swapped),
            (
                "another key",
                sign(&good, "another secret of 32 bytes or more").unwrap(),
            ),
            ("no exp", signed(&json!({"sub": "ann"}))),
            ("exp of a wrong type", signed(&json!({"exp": "tomorrow"}))),
            ("run out", signed(&json!({"exp": now() - 60}))),
            (
                "not valid yet",
                signed(&json!({"exp": now() + 60, "nbf": now() + 30})),
            ),
            (
                "too long",
                signed(&json!({"exp": now() + 60, "pad": "x".repeat(8 << 10)})),
            ),
        ] {
            assert!(verify(&token, &secret()).is_err(), "{why}");
        }
    }
}
