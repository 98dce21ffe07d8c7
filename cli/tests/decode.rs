//! `orcs token decode`.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Ran, orcs, ran, run};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn app(env: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), "[package.metadata.orcs]\n").unwrap();
    fs::write(dir.path().join(".env"), env).unwrap();
    dir
}

fn signed(app: &Path, args: &[&str]) -> String {
    let ran = run(app, &[&["token"], args].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.trim().to_owned()
}

fn decode(dir: &Path, token: &str) -> Ran {
    run(dir, &["token", "decode", token])
}

fn from_stdin(dir: &Path, args: &[&str], text: &str) -> Ran {
    let mut command = orcs(dir);
    command.args(args).stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who sends more than is read finds the pipe closed.
    _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    ran(&child.wait_with_output().unwrap())
}

#[test]
fn a_token_is_shown_with_its_times_as_dates() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    let token = signed(app.path(), &["--sub", "ann", "--claim", "iat=1800000000"]);
    let ran = decode(app.path(), &token);
    assert_eq!((ran.code, &*ran.stderr), (0, "valid for this app\n"));
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines[..3], ["header", "  alg  \"HS256\"", "  typ  \"JWT\""]);
    assert_eq!(lines[3], "claims");
    assert!(lines[4].starts_with("  exp  "), "{}", lines[4]);
    assert!(
        lines[4].contains("Z, in 59m ") || lines[4].contains("Z, in 1h"),
        "{}",
        lines[4]
    );
    assert!(
        lines[5].starts_with("  iat  1800000000  2027-01-15T08:00:00Z, "),
        "{}",
        lines[5]
    );
    assert_eq!(lines[6..], ["  sub  \"ann\""]);
}

#[test]
fn who_signs_and_who_takes_are_the_same() {
    let app = app(&format!(
        "JWT_ALGORITHM=HS384\nJWT_SECRET={SECRET}{SECRET}\nJWT_ISSUER=me\nJWT_AUDIENCE=my-app\n"
    ));
    let token = signed(app.path(), &[]);
    assert_eq!(decode(app.path(), &token).code, 0);
    assert_eq!(signed(app.path(), &["sign"]).split('.').count(), 3);
}

#[test]
fn a_refused_token_says_why_and_exits_with_1() {
    let app = app(&format!("JWT_SECRET={SECRET}\nJWT_ISSUER=me\n"));
    let other = self::app(&format!("JWT_SECRET={SECRET}-another\nJWT_ISSUER=me\n"));
    for (token, why) in [
        (signed(app.path(), &["--claim", "exp=5"]), "it has run out"),
        (
            signed(app.path(), &["--claim", "nbf=4000000000"]),
            "it is not valid yet",
        ),
        (
            signed(app.path(), &["--claim", "iss=you"]),
            "its `iss` is not JWT_ISSUER",
        ),
        (signed(other.path(), &[]), "its signature is wrong"),
    ] {
        let ran = decode(app.path(), &token);
        let says = format!("error: this app refuses the token: {why}\n");
        assert_eq!(ran.code, 1);
        assert_eq!(
            ran.stderr,
            says + "  help: orcs token --sub demo signs one\n"
        );
        assert!(
            ran.stdout.contains("  sub  \"demo\""),
            "it is shown all the same"
        );
    }
}

#[test]
fn it_may_come_from_stdin_with_what_was_copied_along() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    let token = signed(app.path(), &[]);
    let copied = format!("Bearer {token}\r\n");
    for args in [&["token", "decode"][..], &["token", "decode", "-"]] {
        assert_eq!(from_stdin(app.path(), args, &copied).code, 0);
    }
    assert_eq!(decode(app.path(), &copied).code, 0);
    let endless = "x".repeat(1 << 20);
    assert_eq!(
        from_stdin(app.path(), &["token", "decode"], &endless[..60_000]).code,
        1
    );
}

#[test]
fn json_has_all_of_it() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    let json = |token: &str| -> Value {
        let ran = run(app.path(), &["token", "decode", "--json", token]);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let token = signed(
        app.path(),
        &["--claim", "exp=1800000000", "--claim", "iat=0"],
    );
    let mut decoded = json(&token);
    assert_eq!(
        decoded["why"].take(),
        if decoded["valid"] == true {
            json!(null)
        } else {
            json!("it has run out")
        }
    );
    decoded["valid"].take();
    assert_eq!(
        decoded,
        json!({
            "header": { "alg": "HS256", "typ": "JWT" },
            "claims": { "sub": "demo", "iat": 0, "exp": 1_800_000_000 },
            "times": { "iat": "1970-01-01T00:00:00Z", "exp": "2027-01-15T08:00:00Z" },
            "valid": null,
            "why": null,
        })
    );
}

#[test]
fn who_cannot_judge_says_so_and_shows_it() {
    let nowhere = tempfile::tempdir().unwrap();
    let signer = app(&format!("JWT_SECRET={SECRET}\n"));
    let token = signed(signer.path(), &[]);
    for (dir, why) in [
        (
            nowhere.path(),
            "there is no JWT_SECRET in the environment or .env, and no app here",
        ),
        (
            app("").path(),
            "there is no JWT_SECRET in the environment or .env",
        ),
        (
            app("JWT_ALGORITHM=RS256\n").path(),
            "RS256 is verified by the running app alone",
        ),
        (
            app("JWT_ALGORITHM=RS256\nJWT_JWKS_URL=https://example.com/keys\n").path(),
            "its issuer's keys are at JWT_JWKS_URL, which only the running app asks for",
        ),
    ] {
        let _ = fs::create_dir_all(dir);
        let ran = decode(dir, &token);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("  sub  \"demo\""));
        assert!(
            ran.stderr.starts_with("not judged: "),
            "{why}: {}",
            ran.stderr
        );
    }
}

#[test]
fn what_is_no_token_is_not_repeated() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    for text in [
        "",
        "hunter2",
        "a.b",
        "hunter2.hunter2.x",
        "..",
        "a.b.c.d.e",
        "\u{1b}[31m.e30.x",
    ] {
        let ran = decode(app.path(), text);
        assert_eq!((ran.code, &*ran.stdout), (1, ""), "{text:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains('\u{1b}'));
    }
}

/// The terminal of whoever looks at a stranger's token is not the stranger's.
#[test]
fn a_claim_cannot_steer_the_terminal() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims =
        json!({ "sub": "\u{202e}nna", "\u{1b}[31m": "\u{9b}2J", "long": "x".repeat(100_000) });
    let token = format!("{}.{}.x", part(&json!({ "alg": "none" })), part(&claims));
    let ran = from_stdin(app.path(), &["token", "decode"], &token);
    assert_eq!(ran.code, 1, "longer than stdin is read");

    let claims =
        json!({ "sub": "\u{202e}nna", "\u{1b}[31m": "\u{9b}2J", "long": "x".repeat(1000) });
    let token = format!("{}.{}.x", part(&json!({ "alg": "none" })), part(&claims));
    let ran = decode(app.path(), &token);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("it names another algorithm than JWT_ALGORITHM"),
        "{}",
        ran.stderr
    );
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
    }
    assert!(ran.stdout.lines().all(|line| line.chars().count() < 200));
}

#[test]
fn the_secret_is_never_printed() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    let token = signed(app.path(), &[]);
    for args in [
        &["token", "decode", &token][..],
        &["-v", "token", "decode", "--json", &token],
    ] {
        let ran = run(app.path(), args);
        assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET));
    }
}
