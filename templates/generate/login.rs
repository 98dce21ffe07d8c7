//! Logging in: `POST /login` with `{"name","password"}` answers `{"token"}`, good for an hour.
//!
//! Who may is in `users.txt`: `cargo run --example add_user ann` adds somebody.

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use orcs::Config;
use orcs::prelude::*;
use orcs::warp::http::StatusCode;
use orcs::warp::{self, Filter, Rejection, Reply as Answer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A name, a `:` and the hash of a password on each line.
const USERS: &str = "users.txt";

/// How long a token is good.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// What somebody sends who wants to log in.
#[derive(Deserialize)]
struct Login {
    name: String,
    password: String,
}

/// What a token says: `sub` is the user's id.
#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

#[derive(Serialize)]
struct Session {
    token: String,
}

#[derive(Serialize)]
struct Refused {
    error: &'static str,
}

pub fn http(
    _manager: WebSocketManager,
) -> impl Filter<Extract = (impl Answer,), Error = Rejection> + Clone {
    // `.env` and the environment: what verifies the tokens signs them.
    let config = Arc::new(Config::load(|_| ()).ok());
    warp::path!("login")
        .and(warp::post())
        .and(warp::body::content_length_limit(MAX_LOGIN_BYTES))
        .and(warp::body::json())
        .then(move |login: Login| {
            let config = Arc::clone(&config);
            async move {
                match log_in(login, config.as_ref().as_ref()).await {
                    Ok(token) => {
                        warp::reply::with_status(warp::reply::json(&Session { token }), StatusCode::OK)
                    }
                    Err((status, error)) => {
                        warp::reply::with_status(warp::reply::json(&Refused { error }), status)
                    }
                }
            }
        })
}

/// A token for who knows his password.
async fn log_in(login: Login, config: Option<&Config>) -> Result<String, (StatusCode, &'static str)> {
    let turn = Turn::take().ok_or((StatusCode::SERVICE_UNAVAILABLE, "try again in a moment"))?;
    // A hash takes a while and much memory, on purpose; the sockets must not wait for it.
    let name = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let users = std::fs::read_to_string(USERS).unwrap_or_default();
        verify(&users, &login.name, &login.password).then_some(login.name)
    })
    .await
    .ok()
    .flatten()
    .ok_or((StatusCode::UNAUTHORIZED, "wrong name or password"))?;
    sign(&name, config).ok_or((StatusCode::SERVICE_UNAVAILABLE, "the app cannot sign tokens"))
}

/// Whether this is the password of that user.
pub fn verify(users: &str, name: &str, password: &str) -> bool {
    let mut users = users.lines().filter_map(|line| line.split_once(':'));
    let hash = users.find_map(|(known, hash)| (known == name).then_some(hash));
    // An unknown name takes as long as a known one, so that nobody learns which there are.
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else {
        return false;
    };
    let fits = Argon2::default().verify_password(password.as_bytes(), &parsed);
    fits.is_ok() && hash.is_some()
}

fn sign(name: &str, config: Option<&Config>) -> Option<String> {
    let config = config?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let claims = Claims {
        sub: name,
        exp: (now + AN_HOUR).as_secs(),
        iss: config.jwt_issuer.as_deref(),
        aud: config.jwt_audience.as_deref(),
    };
    let secret = config.jwt_secret.as_ref()?.expose();
    orcs::auth::sign_with(config.jwt_algorithm, &claims, secret).ok()
}

/// One of the few hashes that are computed at a time: each takes 19 MiB.
struct Turn;

static TURNS: AtomicUsize = AtomicUsize::new(0);
const MAX_TURNS: usize = 4;

impl Turn {
    fn take() -> Option<Self> {
        // Given back by its drop, also if it is one too many.
        let turn = Self;
        (TURNS.fetch_add(1, Ordering::Relaxed) < MAX_TURNS).then_some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TURNS.fetch_sub(1, Ordering::Relaxed);
    }
}

const MAX_LOGIN_BYTES: u64 = 1024;

/// A hash of what nobody's password is.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$YEpupr872+jf+AeWx3Mznw$gq+nSnWwS5lAKBX0tdM+3sqXHx4XLIlNoK8wdX4oSbY";
