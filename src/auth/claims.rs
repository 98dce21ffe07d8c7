//! What a valid token says.

use super::refused::Refused;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// What a valid token says.
pub(crate) struct Claims {
    json: Box<RawValue>,
    expires_at: u64,
    user: Option<Arc<str>>,
}

impl Claims {
    /// Takes claims whose token is valid, but for its issuer: `None` takes any.
    pub(super) fn new(json: Box<RawValue>, issuer: Option<&str>) -> Result<Self, Refused> {
        // serde would read a list into a struct, too.
        if !json.get().starts_with('{') {
            return Err(Refused::Malformed);
        }
        let known: Known = serde_json::from_str(json.get()).map_err(|_| Refused::Malformed)?;
        match (issuer, &known.iss) {
            (None, _) => {}
            // A list is none: `iss` is one text (RFC 7519, 4.1.1).
            (Some(issuer), Some(Value::String(iss))) if iss == issuer => {}
            (Some(_), Some(Value::String(_))) => return Err(Refused::Issuer),
            (Some(_), _) => return Err(Refused::Claim("iss")),
        }
        Ok(Self {
            expires_at: seconds(&known.exp).ok_or(Refused::Claim("exp"))?,
            user: known.user(),
            json,
        })
    }

    /// All claims, as a type of the app's own.
    pub(crate) fn read<U: DeserializeOwned>(&self) -> serde_json::Result<U> {
        serde_json::from_str(self.json.get())
    }

    /// When the token runs out: seconds since 1970, at most the end of the year 9999, so
    /// that there is room to count on from there.
    #[cfg(test)]
    pub(crate) fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Whom it stands for: `sub`, else `user_id`, else `id`, the first that is a text or
    /// an integer.
    pub(crate) fn user(&self) -> Option<Arc<str>> {
        self.user.clone()
    }
}

impl Claims {
    /// How long it is good for from now on.
    pub(crate) fn left(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Duration::from_secs(self.expires_at).saturating_sub(now.unwrap_or_default())
    }

    /// When it runs out, by a clock that nobody sets.
    pub(crate) fn ends(&self) -> Instant {
        Instant::now() + self.left().min(LONGEST)
    }
}

impl fmt::Debug for Claims {
    /// Says nothing of whom it stands for: these lines end in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The claims that mean the same to every app.
#[derive(Deserialize)]
struct Known {
    exp: Number,
    iss: Option<Value>,
    sub: Option<Value>,
    user_id: Option<Value>,
    id: Option<Value>,
}

impl Known {
    fn user(&self) -> Option<Arc<str>> {
        let names = [&self.sub, &self.user_id, &self.id];
        names.into_iter().flatten().find_map(|name| match name {
            Value::String(text) if !text.is_empty() => Some(text.as_str().into()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string().into()),
            _ => None,
        })
    }
}

/// A time in a token: seconds, perhaps with a fraction (RFC 7519, 2), which is rounded as
/// jsonwebtoken does it.
fn seconds(number: &Number) -> Option<u64> {
    let whole = number.as_u64();
    // `as` takes what is too large for the largest there is.
    let rounded = || Some(number.as_f64()?.round()).filter(|seconds| *seconds >= 0.0);
    let seconds = whole.or_else(|| rounded().map(|seconds| seconds as u64))?;
    Some(seconds.min(END_OF_9999))
}

/// Longer than any connection: keeps `ends` inside what a clock can hold.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// 9999-12-31T23:59:59Z, the last second that ISO 8601 can write in four digits.
const END_OF_9999: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(json: &str) -> Result<Claims, Refused> {
        Claims::new(RawValue::from_string(json.to_owned()).unwrap(), None)
    }

    #[test]
    fn the_end_is_a_number_to_count_with() {
        for (exp, expected) in [
            ("0", 0),
            ("1700000000", 1_700_000_000),
            ("1700000000.4", 1_700_000_000),
            ("1700000000.5", 1_700_000_001),
            ("1.7e9", 1_700_000_000),
            ("253402300800", END_OF_9999),
            ("18446744073709551615", END_OF_9999),
            ("18446744073709551616", END_OF_9999),
            ("1e300", END_OF_9999),
        ] {
            let claims = claims(&format!(r#"{{"exp":{exp}}}"#)).unwrap();
            assert_eq!(claims.expires_at(), expected, "{exp}");
        }
        for exp in [
            "-1",
            "-0.6",
            "\"1700000000\"",
            "null",
            "true",
            "[1]",
            "1e400",
        ] {
            assert!(claims(&format!(r#"{{"exp":{exp}}}"#)).is_err(), "{exp}");
        }
    }

    #[test]
    fn the_user_is_the_first_name_that_can_be_one() {
        for (names, expected) in [
            (
                json!({"sub": "ann", "user_id": "bob", "id": "cleo"}),
                Some("ann"),
            ),
            (json!({"user_id": "bob", "id": "cleo"}), Some("bob")),
            (json!({"id": "cleo"}), Some("cleo")),
            (json!({"sub": 7}), Some("7")),
            (json!({"sub": -7}), Some("-7")),
            (json!({"sub": u64::MAX}), Some("18446744073709551615")),
            (json!({"sub": "", "id": 7}), Some("7")),
            (json!({"sub": null, "user_id": "bob"}), Some("bob")),
            (json!({"sub": ["ann"], "id": "cleo"}), Some("cleo")),
            (json!({"sub": 7.5}), None),
            (json!({"sub": true}), None),
            (json!({"sub": {"id": "ann"}}), None),
            (json!({}), None),
        ] {
            let mut json = names.clone();
            json["exp"] = 1.into();
            let claims = claims(&json.to_string()).unwrap();
            assert_eq!(claims.user().as_deref(), expected, "{names}");
        }
    }

    #[test]
    fn claims_are_an_object_without_doubles() {
        for json in [
            "[1]",
            "[1,null,null,null,null]",
            "1",
            "null",
            "{}",
            r#"{"exp":1,"exp":2}"#,
            r#"{"exp":1,"sub":"ann","sub":"bob"}"#,
        ] {
            assert_eq!(claims(json).unwrap_err(), Refused::Malformed, "{json}");
        }
    }

    #[test]
    fn a_look_at_claims_does_not_tell_whose_they_are() {
        let claims = claims(r#"{"exp":1,"sub":"ann"}"#).unwrap();
        assert_eq!(format!("{claims:?}"), "Claims { expires_at: 1, .. }");
    }
}
