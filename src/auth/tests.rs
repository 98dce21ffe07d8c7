//! Which tokens are refused, and why; which keys are; what the RFCs' own examples say.

mod claims;
#[cfg(feature = "asymmetric")]
pub(super) mod fixtures;
mod headers;
mod keys;
#[cfg(feature = "asymmetric")]
mod pairs;
mod vectors;

use super::*;
use crate::config::{Config, Secret};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::EncodingKey;
use refused::Refused;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// 64 bytes, so that every HMAC takes it.
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The key pair of RFC 8037, A.1, the public half in PEM.
const ED25519_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const ED25519_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    config.jwt_secret = Some(Secret::new(SECRET));
    change(&mut config);
    config
}

fn verifier(change: impl FnOnce(&mut Config)) -> Verifier {
    let verifier = Verifier::new(&config(change)).expect("the settings agree");
    verifier.expect("there is a key")
}

/// What stops the start.
fn refusal(change: impl FnOnce(&mut Config)) -> String {
    let config = config(change);
    Verifier::new(&config).expect_err("it starts").to_string()
}

/// A file with this text, for as long as it is held.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a folder for such files");
    std::fs::write(file.path(), text).expect("room for it");
    file
}

async fn why(verifier: &Verifier, token: &str) -> Option<Refused> {
    verifier.verify(token).await.err()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("1970 is over").as_secs()
}

fn good() -> Value {
    json!({"sub": "ann", "exp": now() + 60})
}

fn part(json: &Value) -> String {
    BASE64.encode(json.to_string())
}

/// A token with any header over any claims, and whatever `sign` makes of both.
fn token(header: &Value, claims: &Value, sign: impl FnOnce(&str) -> String) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(&message);
    format!("{message}.{signature}")
}

/// A token with any header, signed with our secret by HMAC, whatever the header says.
fn hmac(header: &Value, claims: &Value) -> String {
    hmac_with(SECRET.as_bytes(), header, claims)
}

fn hmac_with(secret: &[u8], header: &Value, claims: &Value) -> String {
    crypto::install();
    let key = EncodingKey::from_secret(secret);
    token(header, claims, |message| {
        let algorithm = jsonwebtoken::Algorithm::HS256;
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).expect("a signature")
    })
}

fn signed(claims: &Value) -> String {
    hmac(&json!({"alg": "HS256", "typ": "JWT"}), claims)
}

/// A token signed with the key pair of RFC 8037.
fn ed25519(header: &Value, claims: &Value) -> String {
    let seed = BASE64.decode(ED25519_SEED).expect("base64");
    let seed = ed25519_compact::Seed::from_slice(&seed).expect("32 bytes");
    let pair = ed25519_compact::KeyPair::from_seed(seed);
    token(header, claims, |message| {
        BASE64.encode(pair.sk.sign(message, None))
    })
}
