//! The settings: each key, the secret, the port.

use super::check::Check;
use crate::app::{App, port, secret, settings};
use orcs::Config;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

const KEYS: &str = "settings";
const SECRET: &str = "secret";
const PORT: &str = "port";

pub fn checks(app: &App) -> Vec<Check> {
    let config = match settings(Some(app)) {
        Ok(config) => config,
        Err(failure) => {
            let message = failure.message();
            let is_secret = message.starts_with(secret::KEY);
            let fix = if is_secret {
                "orcs secret --write"
            } else {
                "mend that line; .env.example tells what each key takes"
            };
            return vec![Check::failed(KEYS, message, fix)];
        }
    };
    let unknown = (config.unknown_keys().into_iter())
        .map(|unknown| Check::warning(KEYS, unknown, "mend the name; .env.example has all keys"));
    let ignored = (config.ignored_lines().into_iter())
        .map(|ignored| Check::warning(KEYS, ignored, "remove one of the two lines"));
    let mut checks: Vec<_> = unknown.chain(ignored).collect();
    if checks.is_empty() {
        checks.push(Check::ok(KEYS, "every key is known and fits"));
    }
    checks.push(check_secret(&config, app.root.join(".env").exists()));
    checks.push(check_port(&config));
    checks
}

/// Length and well-known defaults are judged by the settings already.
fn check_secret(config: &Config, has_env: bool) -> Check {
    let algorithm = config.jwt_algorithm;
    let by_secret = secret::signs(algorithm);
    match (&config.jwt_secret, &config.jwt_public_key_file) {
        (Some(_), _) if by_secret => Check::ok(SECRET, "there, and long enough"),
        (None, _) if by_secret && !has_env => {
            Check::skipped(SECRET, "orcs serve writes one with the .env")
        }
        (None, _) if by_secret => Check::failed(
            SECRET,
            format!("no {}: routes that take tokens do not start", secret::KEY),
            "orcs secret --write",
        ),
        (_, Some(file)) => match std::fs::metadata(file) {
            Ok(_) => Check::ok(
                SECRET,
                format!("{algorithm} by the key in {}", file.display()),
            ),
            Err(e) => Check::failed(
                SECRET,
                format!("JWT_PUBLIC_KEY_FILE: {}: {e}", file.display()),
                "put the signer's public key there, in PEM",
            ),
        },
        (_, None) if config.jwt_jwks_url.is_some() => {
            Check::ok(SECRET, format!("{algorithm} by the keys at JWT_JWKS_URL"))
        }
        (_, None) => Check::failed(
            SECRET,
            format!("JWT_ALGORITHM is {algorithm}, and no key is named"),
            "put JWT_PUBLIC_KEY_FILE= and the path of the signer's public key into .env",
        ),
    }
}

fn check_port(config: &Config) -> Check {
    let hosts = match config.host {
        Some(host) => vec![host],
        None => vec![
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ],
    };
    let addresses = hosts.iter().map(|&host| SocketAddr::new(host, config.port));
    for address in addresses {
        match TcpListener::bind(address) {
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => return taken(address),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                let message = format!("{address}: ports below 1024 need rights");
                return Check::failed(PORT, message, "orcs serve -p 42069, or PORT=42069 in .env");
            }
            // A machine without IPv6, or without IPv4: the other loopback will do.
            Err(_) if config.host.is_none() => {}
            Err(e) => {
                let message = format!("cannot listen on {address}: {e}");
                return Check::failed(
                    PORT,
                    message,
                    "orcs serve --host localhost, or HOST= in .env",
                );
            }
            Ok(_) => {}
        }
    }
    match config.port {
        0 => Check::ok(PORT, "any free one"),
        port => Check::ok(PORT, format!("{port} is free")),
    }
}

/// Perhaps it is this very app that runs: worth a word, no failure.
fn taken(address: SocketAddr) -> Check {
    let port = address.port();
    let whose = port::holder(port).map_or(String::new(), |(pid, name)| {
        format!(" by process {pid} ({name})")
    });
    let fix = match port::next_free(address) {
        Some(free) => format!("orcs serve -p {free}, or PORT={free} in .env"),
        None => "orcs serve -p 0 takes any free port".to_owned(),
    };
    Check::warning(PORT, format!("{port} is taken{whose}"), fix)
}
