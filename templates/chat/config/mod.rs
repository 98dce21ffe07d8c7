//! The app's settings as code; `.env` and the environment override them.

pub mod websocket;

/// Defaults, then this folder, then `.env`, then the environment.
pub fn load() -> orcs::Result<orcs::Config> {
    orcs::Config::load(websocket::configure)
}
