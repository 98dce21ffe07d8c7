//! Tokens: where they travel, how they are verified and signed.
//!
//! A token is a JSON web token. It travels as `?token=`, as `Authorization: Bearer`, or as
//! the subprotocol pair `["token", jwt]`, or in the cookie of `WS_AUTH_COOKIE`; which routes
//! read one say [`Route::auth`](crate::Route::auth) and `auth_optional`. One algorithm is accepted, the one that
//! `JWT_ALGORITHM` names, whatever a token says of itself:
//!
//! | `JWT_ALGORITHM` | key | feature |
//! | --- | --- | --- |
//! | `HS256` (the default), `HS384`, `HS512` | `JWT_SECRET`, at least 32, 48 or 64 bytes | |
//! | `EdDSA` (Ed25519) | a public key | |
//! | `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512` | a public key, 2048 to 8192 bits | `asymmetric` |
//! | `ES256` (P-256), `ES384` (P-384) | a public key | `asymmetric` |
//!
//! A public key is a PEM file whose path is in `JWT_PUBLIC_KEY_FILE`. With the feature
//! `jwks`, an issuer may publish its keys at `JWT_JWKS_URL` instead. They are asked for
//! again every 5 minutes (or when its `Cache-Control: max-age` says so, within a minute
//! and a day), and at once for a token whose `kid` is unknown, but one of these in 30
//! seconds only. While the issuer is away, those it gave last stay in use; until its first
//! answer every token is refused. Redirects are not followed, proxies not asked.
//!
//! A token has an `exp` and may have an `nbf`, with 5 seconds for clocks that differ; its
//! `iss` and `aud` are what `JWT_ISSUER` and `JWT_AUDIENCE` say, when they are set. It has
//! at most 8 KiB and no `crit`. Keys and addresses of keys in its header are not looked at.
//!
//! jsonwebtoken reads the tokens, with cryptography that is installed for the whole
//! process at the start. An app that uses jsonwebtoken itself, for another algorithm or to
//! sign with a private key, installs its own before (`CryptoProvider::install_default`).

mod carrier;
mod checks;
mod claims;
mod crypto;
mod der;
#[cfg(feature = "jwks")]
mod jwks;
mod pem;
mod public_key;
mod refused;
mod sign;
#[cfg(test)]
mod tests;
mod verifier;
mod verify;

pub use crate::config::Algorithm;
pub(crate) use carrier::{Carried, Carriers, SUBPROTOCOL, only, without_token};
pub(crate) use claims::Claims;
pub use sign::{sign, sign_with};
pub(crate) use verifier::{Verifier, missing_key};
pub use verify::verify;
