//! `orcs token decode`: what a token says, and whether this app takes it.

use crate::app::{App, secret, settings};
use crate::terminal::{Failure, answer, is_interactive, say, shell};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use orcs::Config;
use orcs::auth::Algorithm;
use serde_json::{Map, Value, json};
use std::io::{self, IsTerminal, Read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Show what a token says, and whether this app takes it
///
/// Exits with 1 when the app refuses it. Outside of an app, and for keys that only the
/// running app can ask for, it is shown without a judgement.
#[derive(clap::Args)]
pub struct Args {
    /// The token, with or without `Bearer`; `-`, or none: it is read from stdin
    token: Option<String>,

    /// Print header, claims, times and the judgement as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let text = match &args.token {
        Some(token) if token != "-" => token.clone(),
        _ => from_stdin()?,
    };
    let token = text.trim();
    let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
    let read = Decoded::read(token)?;
    let judgement = Judgement::of(token)?;
    let text = if args.json {
        read.json(&judgement).to_string()
    } else {
        read.lines().join("\n")
    };
    answer::print(&text)?;
    judgement.tell(&read)
}

fn from_stdin() -> Result<String, Failure> {
    if io::stdin().is_terminal() && is_interactive() {
        say!("  paste the token, then press Enter and Ctrl-D");
    }
    let mut text = String::new();
    io::stdin()
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|e| Failure::new(format!("cannot read a token from stdin: {e}")))?;
    Ok(text)
}

/// What a token says, whoever wrote it.
struct Decoded {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Decoded {
    fn read(token: &str) -> Result<Self, Failure> {
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, _signature] = parts[..] else {
            let message = match parts.len() {
                5 => "this token is encrypted (five parts): only who has its key can read it",
                _ => "this is no JSON web token: three parts with dots between them",
            };
            return Err(Failure::new(message).help("orcs token signs one to compare it with"));
        };
        let part = |name, text: &str| -> Result<_, Failure> {
            let bytes = BASE64.decode(text.trim_end_matches('=')).ok();
            let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            read.ok_or_else(|| {
                Failure::new(format!("the token's {name} is no JSON object in base64url"))
                    .help("was all of it copied?")
            })
        };
        Ok(Self {
            header: part("header", header)?,
            claims: part("claims", claims)?,
        })
    }

    /// Header and claims, one of them a line; times also as dates.
    fn lines(&self) -> Vec<String> {
        let now = SystemTime::now();
        let width = self.header.keys().chain(self.claims.keys());
        let width = width.map(|key| shell::visible(key).chars().count()).max();
        let width = width.unwrap_or(0);
        let line = |(key, value): (&String, &Value)| {
            // Whoever wrote the token chose the texts in it.
            let (key, text) = (shell::visible(key), shell::visible(value.to_string()));
            let date = time(&key, value).map(|time| format!("  {}", told(time, now)));
            format!("  {key:width$}  {text}{}", date.unwrap_or_default())
        };
        let part = |name: &str, values: &Map<String, Value>| -> Vec<String> {
            let lines = values.iter().map(line);
            std::iter::once(name.to_owned()).chain(lines).collect()
        };
        [part("header", &self.header), part("claims", &self.claims)].concat()
    }

    fn json(&self, judgement: &Judgement) -> Value {
        let date =
            |(key, value): (&String, &Value)| Some((key.clone(), date(time(key, value)?)?.into()));
        let times: Map<String, Value> = self.claims.iter().filter_map(date).collect();
        let (valid, why) = match judgement {
            Judgement::Taken => (Some(true), None),
            Judgement::Refused(why) => (Some(false), Some(why)),
            Judgement::Open(why) => (None, Some(why)),
        };
        json!({ "header": self.header, "claims": self.claims, "times": times, "valid": valid, "why": why })
    }
}

/// What this app would do with the token.
enum Judgement {
    Taken,
    Refused(String),
    /// Nobody here can tell.
    Open(String),
}

impl Judgement {
    fn of(token: &str) -> Result<Self, Failure> {
        let app = App::find();
        let config = settings(app.as_ref().ok())?;
        if let Some(why) = unknown_here(&config, app.is_ok()) {
            return Ok(Self::Open(why));
        }
        Ok(match orcs::auth::verify::<Value>(&config, token) {
            Ok(_) => Self::Taken,
            Err(why) => Self::Refused(why.to_string()),
        })
    }

    /// Beside the answer, and by the exit code.
    fn tell(&self, token: &Decoded) -> Result<(), Failure> {
        match self {
            Self::Taken => say!("valid for this app"),
            Self::Open(why) => say!("not judged: {why}"),
            Self::Refused(why) => {
                let sub = token.claims.get("sub").and_then(Value::as_str);
                let sub = sub.and_then(|sub| shell::quote(sub.as_ref()));
                let sub = sub.map(|sub| format!(" --sub {sub}"));
                let help = format!("orcs token{} signs one", sub.unwrap_or_default());
                return Err(Failure::new(format!("this app refuses the token: {why}")).help(help));
            }
        }
        Ok(())
    }
}

/// Why a token cannot be judged by these settings, if it cannot.
fn unknown_here(config: &Config, in_app: bool) -> Option<String> {
    let algorithm = config.jwt_algorithm;
    let signs_by_secret = secret::signs(algorithm);
    if config.jwt_jwks_url.is_some() {
        return Some(
            "its issuer's keys are at JWT_JWKS_URL, which only the running app asks for".to_owned(),
        );
    }
    if signs_by_secret && config.jwt_secret.is_none() {
        let place = if in_app { "" } else { ", and no app here" };
        return Some(format!(
            "there is no JWT_SECRET in the environment or .env{place}"
        ));
    }
    // Their cryptography is an option of the app; the command goes without it.
    let verified_here = signs_by_secret || algorithm == Algorithm::EdDSA;
    (!verified_here).then(|| format!("{algorithm} is verified by the running app alone"))
}

/// The time that a claim stands for: seconds since 1970, perhaps with a fraction.
fn time(claim: &str, value: &Value) -> Option<SystemTime> {
    let is_time = ["exp", "iat", "nbf", "auth_time", "updated_at"].contains(&claim);
    let seconds = value.as_f64().filter(|_| is_time)?;
    let shown = (0.0..=LAST_SECOND).contains(&seconds);
    shown.then(|| UNIX_EPOCH + Duration::from_secs_f64(seconds.trunc()))
}

fn date(time: SystemTime) -> Option<String> {
    let since_1970 = time.duration_since(UNIX_EPOCH).ok()?;
    let shown = since_1970.as_secs_f64() <= LAST_SECOND;
    shown.then(|| humantime::format_rfc3339_seconds(time).to_string())
}

/// `2026-11-21T10:02:11Z, in 59m 58s`.
fn told(time: SystemTime, now: SystemTime) -> String {
    let whole = |distance: Duration| {
        let words = humantime::format_duration(Duration::from_secs(distance.as_secs())).to_string();
        // The hours of a token that is valid for years tell nothing.
        words.split(' ').take(2).collect::<Vec<_>>().join(" ")
    };
    let distance = match (time.duration_since(now), now.duration_since(time)) {
        (Ok(ahead), _) => format!("in {}", whole(ahead)),
        (_, Ok(ago)) => format!("{} ago", whole(ago)),
        _ => String::new(),
    };
    format!("{}, {distance}", date(time).unwrap_or_default())
}

/// The end of the year 9999: later times have no date.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Far more than any token; the library takes 8 KiB.
const MAX_BYTES: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_dates_and_distances() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let at = |seconds: Value| told(time("exp", &seconds).unwrap(), now);
        assert_eq!(at(json!(1_800_003_600)), "2027-01-15T09:00:00Z, in 1h");
        assert_eq!(
            at(json!(1_799_999_910.7)),
            "2027-01-15T07:58:30Z, 1m 30s ago"
        );
        assert_eq!(
            at(json!(253_402_300_799_u64)).split(',').next(),
            Some("9999-12-31T23:59:59Z")
        );
    }

    #[test]
    fn what_is_no_time_gets_no_date() {
        for value in [
            json!(1e300),
            json!(-1),
            json!("1800000000"),
            json!(u64::MAX),
            json!(null),
        ] {
            assert_eq!(time("exp", &value), None, "{value}");
        }
        assert_eq!(time("level", &json!(3)), None);
    }
}
