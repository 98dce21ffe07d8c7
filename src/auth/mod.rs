//! Tokens: where they travel, how they are verified and signed.

mod carrier;
mod hs256;
mod jwt;

pub(crate) use carrier::{SUBPROTOCOL, find};
pub use jwt::sign;
pub(crate) use jwt::{Claims, self_test, verify};
