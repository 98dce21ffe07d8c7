//! JSON web tokens: HS256, with an expiry.

use super::hs256;
use crate::config::Secret;
use crate::error::Result;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// What a valid token says.
#[derive(Debug)]
pub(crate) struct Claims(Box<RawValue>);

impl Claims {
    pub(crate) fn read<U: DeserializeOwned>(&self) -> serde_json::Result<U> {
        serde_json::from_str(self.0.get())
    }

    /// Who the token is about: its `sub`, `user_id` or `id`, a string or a whole number.
    pub(crate) fn user(&self) -> Option<Arc<str>> {
        let names: Names = self.read().ok()?;
        let name = [names.sub, names.user_id, names.id].into_iter().flatten();
        name.filter_map(|name| match name {
            Value::String(text) => Some(text.into()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string().into()),
            _ => None,
        })
        .next()
    }

    /// When it runs out, in seconds since 1970.
    pub(crate) fn expires_at(&self) -> u64 {
        #[derive(Deserialize)]
        struct Expiry {
            exp: f64,
        }
        // A float that is no second since 1970 saturates.
        self.read::<Expiry>().map_or(0, |expiry| expiry.exp as u64)
    }
}

impl Claims {
    /// How long it is good for from now on.
    pub(crate) fn left(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        Duration::from_secs(self.expires_at()).saturating_sub(now)
    }

    /// When it runs out, by a clock that nobody sets.
    pub(crate) fn ends(&self) -> Instant {
        Instant::now() + self.left().min(LONGEST)
    }
}

/// Longer than any connection: keeps the sum inside what a clock can hold.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

#[derive(Deserialize)]
struct Names {
    sub: Option<Value>,
    user_id: Option<Value>,
    id: Option<Value>,
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

    fn signed(claims: &Value) -> String {
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
        assert_eq!(claims.read::<Value>().unwrap()["sub"], "ann");
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
        let part = |value: Value| BASE64.encode(value.to_string());
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
