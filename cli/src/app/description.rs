//! What an app says of itself.

use serde::Deserialize;

/// What an app answers to `ORCS_DESCRIBE=1`: one line of JSON. Keys that are not
/// named here belong to other versions and are no error.
#[derive(Debug, Deserialize)]
pub struct Description {
    pub name: String,
    pub hosts: Vec<String>,
    pub port: u16,
    pub routes: Vec<RouteLine>,
}

/// One route of a description.
#[derive(Debug, Deserialize)]
pub struct RouteLine {
    pub path: String,
    /// `none` or `required`.
    pub auth: String,
    pub events: Vec<String>,
    /// Whether the route also takes events it does not name.
    #[serde(default)]
    pub fallback: bool,
    /// Whether the route takes binary messages.
    #[serde(default)]
    pub binary: bool,
    /// Whether its path is answered as if it did not exist.
    #[serde(default)]
    pub disabled: bool,
}
