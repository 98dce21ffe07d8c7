//! `orcs token`: signs a token as the app's users carry it.

use crate::answer;
use crate::app::App;
use crate::failure::Failure;
use crate::secret;
use crate::shell;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Sign a token with the app's JWT_SECRET
///
/// The secret comes from the environment, else from the app's `.env`. The token is
/// an HS256 JWT with `sub`, `iat` and `exp`.
#[derive(clap::Args)]
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
    let secret = find_secret()?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| Failure::new("the clock of this machine stands before 1970"))?;
    let token = orcs::auth::sign(&args.claims(now), &secret)
        .map_err(|e| Failure::new(format!("cannot sign: {e}")))?;
    answer::print(&token)
}

impl Args {
    /// `--claim` comes last and wins, so that `--claim exp=1` makes an expired token.
    fn claims(&self, now: Duration) -> Map<String, Value> {
        let exp = now.as_secs().saturating_add(self.exp.as_secs());
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), self.sub.clone().into());
        claims.insert("iat".to_owned(), now.as_secs().into());
        claims.insert("exp".to_owned(), exp.into());
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

/// The environment wins over `.env`, and an empty value is none: both as in the app.
fn find_secret() -> Result<String, Failure> {
    let key = secret::KEY;
    let (secret, place) = match std::env::var_os(key).filter(|secret| !secret.is_empty()) {
        Some(secret) => {
            let text = secret.into_string();
            let text = text.map_err(|_| Failure::new(format!("{key} is not UTF-8")))?;
            (text, "the environment")
        }
        None => (read_env(&App::find()?.root)?, ".env"),
    };
    let help =
        "take what `openssl rand -hex 32` prints, or remove .env: `orcs serve` writes a new one";
    match secret.len() {
        _ if secret::is_known(&secret) => {
            let message = format!("{key} in {place} is a known default, not a secret");
            Err(Failure::new(message).help(help))
        }
        0 => Err(Failure::new(format!("{key} in {place} is empty")).help(help)),
        length @ 1..secret::MIN_BYTES => {
            let least = secret::MIN_BYTES;
            let message =
                format!("{key} in {place} has {length} bytes; HS256 needs at least {least}");
            Err(Failure::new(message).help(help))
        }
        _ => Ok(secret),
    }
}

fn read_env(root: &Path) -> Result<String, Failure> {
    let path = root.join(".env");
    let none = |place| Failure::new(format!("there is no {} {place}", secret::KEY));
    let broken = |e| {
        let reason = match e {
            dotenvy::Error::Io(e) => e.to_string(),
            // The library's text would repeat the line, and it may be the secret's.
            _ => "a line is not KEY=value".to_owned(),
        };
        Failure::new(format!("cannot read {}: {reason}", shell::visible(&path)))
    };
    let lines = match dotenvy::from_path_iter(&path) {
        Ok(lines) => lines,
        Err(e) if e.not_found() => {
            return Err(none("in the environment, and no .env")
                .help("`orcs serve` writes a .env with a random one"));
        }
        Err(e) => return Err(broken(e)),
    };
    for line in lines {
        // The first line of a key counts, as it does for the app.
        let (key, value) = line.map_err(broken)?;
        if key == secret::KEY {
            return Ok(value);
        }
    }
    Err(none("in .env").help("remove .env: `orcs serve` writes a new one, with a random secret"))
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
        let claims = Value::from(args.claims(Duration::from_secs(1000)));
        assert_eq!(
            claims,
            json!({ "sub": "ann", "iat": 5, "exp": 1060, "role": "admin" })
        );
    }
}
