//! `orcs token`.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Ran, orcs, ran, run};
use serde_json::Value;
use std::fs;
use std::path::Path;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn app(env: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), "[package.metadata.orcs]\n").unwrap();
    fs::write(dir.path().join(".env"), env).unwrap();
    dir
}

fn with_secret(dir: &Path, secret: &str) -> Ran {
    ran(&orcs(dir)
        .arg("token")
        .env("JWT_SECRET", secret)
        .output()
        .unwrap())
}

fn claims(ran: &Ran) -> Value {
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let token = ran.stdout.strip_suffix('\n').expect("one line");
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    let header: Value = part(parts[0]);
    assert_eq!(header["alg"], "HS256");
    part(parts[1])
}

#[test]
fn a_token_says_who_and_for_how_long() {
    let app = app(&format!("PORT=1\nJWT_SECRET={SECRET}\n"));
    let claims_of = |args: &[&str]| claims(&run(app.path(), args));

    let demo = claims_of(&["token"]);
    assert_eq!(demo["sub"], "demo");
    assert_eq!(
        demo["exp"].as_u64().unwrap() - demo["iat"].as_u64().unwrap(),
        3600
    );

    let ann = claims_of(&[
        "token",
        "--sub",
        "ann",
        "--exp",
        "90s",
        "--claim",
        "role=admin",
        "--claim",
        "level=3",
    ]);
    assert_eq!(
        (&ann["sub"], &ann["role"], &ann["level"]),
        (&"ann".into(), &"admin".into(), &3.into())
    );
    assert_eq!(
        ann["exp"].as_u64().unwrap() - ann["iat"].as_u64().unwrap(),
        90
    );
}

#[test]
fn the_environment_needs_no_app_and_wins() {
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(claims(&with_secret(nowhere.path(), SECRET))["sub"], "demo");
    let app = app("JWT_SECRET=short\n");
    assert_eq!(claims(&with_secret(app.path(), SECRET))["sub"], "demo");
}

#[test]
fn the_settings_say_how_it_is_signed_and_for_whom() {
    let app = app(&format!(
        "JWT_ALGORITHM=HS512\nJWT_SECRET={SECRET}{SECRET}\nJWT_ISSUER=me\nJWT_AUDIENCE=my-app\n"
    ));
    let ran = run(app.path(), &["token"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let part = |at: usize| -> Value {
        let part = ran.stdout.split('.').nth(at).expect("three parts");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(part(0)["alg"], "HS512");
    assert_eq!(
        (&part(1)["iss"], &part(1)["aud"]),
        (&"me".into(), &"my-app".into())
    );
}

#[test]
fn nobody_signs_for_who_has_the_private_key() {
    for env in ["", &format!("JWT_SECRET={SECRET}\n")] {
        let app = app(&format!("JWT_ALGORITHM=RS256\n{env}"));
        let ran = run(app.path(), &["token"]);
        assert_eq!((ran.code, &*ran.stdout), (1, ""));
        let says = "error: JWT_ALGORITHM is RS256: only who has the private key signs";
        assert!(ran.stderr.starts_with(says), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("  help: take a token from there"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn without_a_good_secret_there_is_no_token() {
    for (env, says) in [
        (
            "",
            "error: there is no JWT_SECRET in the environment or .env\n",
        ),
        (
            "JWT_SECRET=\n",
            "error: there is no JWT_SECRET in the environment or .env\n",
        ),
        (
            "JWT_SECRET=hunter2\n",
            "error: JWT_SECRET: the secret is shorter than 32 bytes (example: the output of `openssl rand -hex 32`)\n  --> .env:1\n",
        ),
        (
            "JWT_SECRET=change-me-in-production-this-is-long\n",
            "error: JWT_SECRET: this is a known default, not a secret (example: the output of `openssl rand -hex 32`)\n  --> .env:1\n",
        ),
    ] {
        let app = app(env);
        let ran = run(app.path(), &["token"]);
        assert_eq!((ran.code, &*ran.stdout), (1, ""), "{env:?}");
        assert!(ran.stderr.starts_with(says), "{env:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("  help: ") && ran.stderr.contains("`orcs serve`"));
        assert!(!ran.stderr.contains("hunter2"));
    }
    let fresh = app("");
    fs::remove_file(fresh.path().join(".env")).unwrap();
    let ran = run(fresh.path(), &["token"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("  help: `orcs serve` writes a .env"),
        "{}",
        ran.stderr
    );
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(with_secret(nowhere.path(), "short").code, 1);
    let ran = with_secret(nowhere.path(), &"change-me".repeat(4));
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .starts_with("error: JWT_SECRET: this is a known default, not a secret")
            && ran.stderr.contains("  --> the environment"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        with_secret(nowhere.path(), "").code,
        3,
        "an empty one is none"
    );
}

#[test]
fn a_broken_env_does_not_show_its_secret() {
    let app = app("JWT_SECRET='hunter2hunter2\n");
    let ran = run(app.path(), &["token"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("this line is not `KEY=value`") && ran.stderr.contains("--> .env:1"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

/// `orcs token | true` panicked, and so did a full disk.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_nobody_takes_is_no_panic() {
    let nowhere = tempfile::tempdir().unwrap();
    let into = |stdout: std::process::Stdio| {
        let mut token = orcs(nowhere.path());
        token.arg("token").env("JWT_SECRET", SECRET).stdout(stdout);
        ran(&token.output().unwrap())
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let quiet = into(writer.into());
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));

    let full = into(fs::File::create("/dev/full").unwrap().into());
    assert_eq!(full.code, 1);
    assert!(
        full.stderr.starts_with("error: cannot print: "),
        "{}",
        full.stderr
    );
}

#[test]
fn a_wrong_argument_is_a_usage_error() {
    let app = app(&format!("JWT_SECRET={SECRET}\n"));
    for args in [["--exp", "soon"], ["--claim", "role"], ["--claim", "=x"]] {
        let ran = ran(&orcs(app.path()).arg("token").args(args).output().unwrap());
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{args:?}");
    }
}
