//! `orcs token sign`, and `orcs token` alone: a token as the app's users carry it.

use crate::app::{App, secret, settings_from_here};
use crate::terminal::{Failure, answer};
use orcs::{Config, Secret};
use serde_json::{Map, Value};
use std::time::{Duration, SystemTime};

/// Sign a token: what `orcs token` does without another word
#[derive(clap::Args)]
#[group(id = "sign")]
pub struct Args {
    /// Whom the token stands for
    #[arg(long, default_value = "demo")]
    sub: String,

    /// How long it is valid, such as 90s, 15m, 1h or 7d
    #[arg(long, default_value = "1h", value_parser = humantime::parse_duration)]
    exp: Duration,

    /// One more claim; the value is JSON, or else a text [can be repeated]
    #[arg(long = "claim", value_name = "KEY=VALUE", value_parser = claim)]
    claims: Vec<(String, Value)>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    answer::print(&args.sign()?)
}

/// A token for somebody, good for an hour.
pub fn sign_for(sub: &str) -> Result<String, Failure> {
    let args = Args {
        sub: sub.to_owned(),
        exp: AN_HOUR,
        claims: Vec::new(),
    };
    args.sign()
}

/// As `orcs token` says it.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);

impl Args {
    fn sign(&self) -> Result<String, Failure> {
        let (config, secret) = signer()?;
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_err(|_| Failure::new("the clock of this machine stands before 1970"))?;
        let claims = self.claims(now, &config);
        orcs::auth::sign_with(config.jwt_algorithm, &claims, secret.expose())
            .map_err(|e| Failure::new(format!("cannot sign: {e}")))
    }

    /// `--claim` comes last and wins, so that `--claim exp=1` makes an expired token.
    fn claims(&self, now: Duration, config: &Config) -> Map<String, Value> {
        let exp = now.as_secs().saturating_add(self.exp.as_secs());
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), self.sub.clone().into());
        claims.insert("iat".to_owned(), now.as_secs().into());
        claims.insert("exp".to_owned(), exp.into());
        for (name, value) in [("iss", &config.jwt_issuer), ("aud", &config.jwt_audience)] {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value.as_str().into());
            }
        }
        claims.extend(self.claims.iter().cloned());
        claims
    }
}

fn claim(text: &str) -> Result<(String, Value), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            Ok((key.to_owned(), value))
        }
        _ => Err("expected KEY=VALUE, such as role=admin or level=3"),
    }
}

/// What signs, of this app or of the environment.
fn signer() -> Result<(Config, Secret), Failure> {
    let app = App::find();
    let config = settings_from_here(app.as_ref().ok())?;
    let algorithm = config.jwt_algorithm;
    if !secret::signs(algorithm) {
        let message = format!(
            "JWT_ALGORITHM is {algorithm}: only who has the private key signs tokens for this app"
        );
        return Err(Failure::new(message)
            .help("take a token from there, or set JWT_ALGORITHM=HS256 while you try the app"));
    }
    match config.jwt_secret.clone() {
        Some(secret) => Ok((config, secret)),
        None => {
            app?;
            let message = format!("there is no {} in the environment or .env", secret::KEY);
            Err(Failure::new(message)
                .help("`orcs serve` writes a .env with a random one, where there is none"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_claim_is_json_or_else_a_text() {
        assert_eq!(claim("level=3"), Ok(("level".to_owned(), json!(3))));
        assert_eq!(claim("admin=true"), Ok(("admin".to_owned(), json!(true))));
        assert_eq!(
            claim("rooms=[\"a\"]"),
            Ok(("rooms".to_owned(), json!(["a"])))
        );
        assert_eq!(claim("name=ann"), Ok(("name".to_owned(), json!("ann"))));
        assert_eq!(claim("query=a=b"), Ok(("query".to_owned(), json!("a=b"))));
        assert_eq!(claim("empty="), Ok(("empty".to_owned(), json!(""))));
        assert!(claim("name").is_err());
        assert!(claim("=ann").is_err());
    }

    #[test]
    fn claims_given_win() {
        let args = Args {
            sub: "ann".to_owned(),
            exp: Duration::from_secs(60),
            claims: vec![
                ("iat".to_owned(), json!(5)),
                ("role".to_owned(), json!("admin")),
            ],
        };
        let mut config = Config::default();
        let now = Duration::from_secs(1000);
        assert_eq!(
            Value::from(args.claims(now, &config)),
            json!({ "sub": "ann", "iat": 5, "exp": 1060, "role": "admin" })
        );
        config.jwt_issuer = Some("me".to_owned());
        config.jwt_audience = Some("my-app".to_owned());
        assert_eq!(
            Value::from(args.claims(now, &config)),
            json!({ "sub": "ann", "iat": 5, "exp": 1060, "iss": "me", "aud": "my-app", "role": "admin" })
        );
    }
}
