//! Tokens: where they travel, how they are verified and signed.

mod carrier;
mod hs256;
mod jwt;
mod verifier;

pub(crate) use carrier::{Carried, Carriers, SUBPROTOCOL, without_token};
pub(crate) use jwt::Claims;
pub use jwt::sign;
pub(crate) use verifier::Verifier;
