//! What may be read from a token.

use serde::de::DeserializeOwned;

/// What may be read from a token's claims: anything serde can read that owns its data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a token",
    label = "`{Self}` has no `Deserialize`",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`; it owns its data (`String`, not `&str`)"
)]
pub trait FromToken: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<U: DeserializeOwned> FromToken for U {}
