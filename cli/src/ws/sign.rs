//! A token of the app somebody stands in, as `orcs token` signs it.

use super::address;
use crate::app::{App, secret};
use crate::terminal::Failure;
use orcs::Config;
use serde_json::json;
use std::time::SystemTime;

/// Signs a token for this user with the app's own settings. It is good for an hour.
pub fn sign(sub: &str) -> Result<String, Failure> {
    // The environment needs no app.
    let app = App::find();
    let config = match &app {
        Ok(app) => address::settings(app)?,
        Err(_) => Config::load(|_| ()).map_err(|e| Failure::new(e.to_string()))?,
    };
    let Some(secret) = &config.jwt_secret else {
        app?;
        let message = format!("there is no {} in the environment or .env", secret::KEY);
        return Err(Failure::new(message)
            .help("`orcs serve` writes a .env with a random one, where there is none"));
    };
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| Failure::new("the clock of this machine stands before 1970"))?
        .as_secs();
    let mut claims = json!({ "sub": sub, "iat": now, "exp": now + AN_HOUR });
    for (name, value) in [("iss", &config.jwt_issuer), ("aud", &config.jwt_audience)] {
        if let Some(value) = value {
            claims[name] = json!(value);
        }
    }
    orcs::auth::sign_with(config.jwt_algorithm, &claims, secret.expose()).map_err(|e| {
        Failure::new(format!("cannot sign: {e}"))
            .help("bring a token from who has the private key: --token-from-env TOKEN")
    })
}

const AN_HOUR: u64 = 3600;
