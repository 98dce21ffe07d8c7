//! What an app says of itself.

use super::{InOrder, Shape};
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

/// One route of a description. What older frameworks do not tell has a default.
#[derive(Debug, Deserialize)]
pub struct RouteLine {
    pub path: String,
    /// `none`, `required`, `optional`, or `own`.
    pub auth: String,
    pub events: Vec<String>,
    /// What the payload of each event with a handler looks like.
    #[serde(default)]
    pub payloads: InOrder<Shape>,
    /// The events that the route answers by itself.
    #[serde(default)]
    pub rules: Vec<String>,
    /// The moments, no events, at which something runs.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// The limits that are not the usual ones.
    #[serde(default)]
    pub limits: InOrder<serde_json::Value>,
    #[serde(default)]
    pub default_rooms: Vec<String>,
    /// Whether its clients are heard by each other only.
    #[serde(default)]
    pub isolated: bool,
    /// How its clients speak.
    #[serde(default)]
    pub codec: Option<String>,
    #[serde(default)]
    pub subprotocols: Vec<String>,
    #[serde(default)]
    pub compression: bool,
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

impl RouteLine {
    /// What the payload of an event looks like, if the app tells.
    pub fn payload(&self, event: &str) -> Option<&Shape> {
        let mut payloads = self.payloads.0.iter();
        payloads.find_map(|(name, shape)| (name == event).then_some(shape))
    }
}
