//! Who a token says its bearer is.

use serde::Deserialize;

/// The claims this app reads: `sub` is the user's id. `orcs token --sub ann` makes such a token;
/// an app of the world outside gets them from its login.
#[derive(Deserialize)]
pub struct User {
    #[serde(rename = "sub")]
    pub id: String,
}
