//! `orcs doctor`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, orcs, path_with_orcs, ran, run};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An app without dependencies, in good health.
fn app() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/main.rs"), "fn main() {}\n").unwrap();
    let lock = "version = 4\n\n[[package]]\nname = \"fake\"\nversion = \"0.0.0\"\n";
    fs::write(dir.path().join("Cargo.lock"), lock).unwrap();
    env(dir.path(), &format!("PORT=0\nJWT_SECRET={SECRET}\n"));
    dir
}

fn env(app: &Path, text: &str) {
    fs::write(app.join(".env"), text).unwrap();
    fs::set_permissions(app.join(".env"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn json(ran: &Ran) -> Vec<Value> {
    serde_json::from_str(&ran.stdout).unwrap()
}

fn check(app: &Path, name: &str) -> Value {
    let checks = json(&run(app, &["doctor", "--json"]));
    let found = checks.into_iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no check `{name}`"))
}

#[test]
fn an_app_in_good_health_fails_nothing() {
    let app = app();
    let ran = run(app.path(), &["doctor"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.stdout);
    for name in [
        "rust", "cargo", "linker", "offline", ".env", "settings", "secret", "port",
    ] {
        let line = ran
            .stdout
            .lines()
            .find(|line| line.split_whitespace().nth(1) == Some(name));
        let line = line.unwrap_or_else(|| panic!("no line for `{name}`: {}", ran.stdout));
        assert!(
            line.starts_with("ok ") || line.starts_with("warning "),
            "{line}"
        );
    }
    assert_eq!(check(app.path(), "offline")["state"], "ok");
    assert!(!ran.stdout.contains(SECRET));
}

#[test]
fn outside_of_an_app_the_machine_is_checked() {
    let nowhere = tempfile::tempdir().unwrap();
    let ran = run(nowhere.path(), &["doctor", "--json"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let checks = json(&ran);
    let state = |name: &str| {
        checks
            .iter()
            .find(|check| check["name"] == name)
            .map(|c| &c["state"])
    };
    assert_eq!(state("app"), Some(&"skipped".into()));
    assert!(state("rust").is_some() && state("open files").is_some());
}

#[test]
fn a_line_that_counts_for_nothing_is_named() {
    let app = app();
    env(
        app.path(),
        &format!("PORT=0\nJWT_SECRET={SECRET}\nPORT=1\n"),
    );
    let found = check(app.path(), "settings");
    assert_eq!(
        (&found["state"], &found["message"]),
        (
            &"warning".into(),
            &"`PORT` in .env:3 has no effect: the one in .env:1 counts".into()
        )
    );
}

/// What stands behind `fix:` is typed, and then the check passes.
#[test]
fn a_failed_check_prints_the_command_that_mends_it() {
    let app = app();
    let path = path_with_orcs();
    let sh = |script: &str| {
        let mut sh = Command::new("sh");
        sh.args(["-ec", script])
            .current_dir(app.path())
            .env("PATH", &path);
        sh.env_remove("JWT_SECRET")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = sh.output().unwrap();
        assert!(
            output.status.success(),
            "{script}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    type Break<'a> = &'a dyn Fn();
    let in_git = Command::new("git").arg("--version").output().is_ok();
    let ailments: [(&str, &str, Break<'_>); 5] = [
        ("settings", "failed", &|| {
            env(app.path(), "PORT=0\nJWT_SECRET=short\n");
        }),
        ("secret", "failed", &|| env(app.path(), "PORT=0\n")),
        (".env", "warning", &|| sh("chmod 644 .env")),
        ("offline", "warning", &|| sh("rm Cargo.lock")),
        ("git", "failed", &|| sh("git init -q . && git add -f .env")),
    ];
    for (name, state, harm) in ailments {
        if name == "git" && !in_git {
            continue;
        }
        harm();
        let ran = run(app.path(), &["doctor"]);
        assert_eq!(
            ran.code,
            i32::from(state == "failed"),
            "{name}: {}",
            ran.stdout
        );
        assert_eq!(
            ran.stderr.starts_with("error: one check failed\n"),
            state == "failed"
        );
        let found = check(app.path(), name);
        assert_eq!(found["state"], state, "{found}");
        let fix = found["fix"].as_str().unwrap();
        assert!(
            ran.stdout.contains(&format!("fix: {fix}\n"))
                || ran.stdout.ends_with(&format!("fix: {fix}\n")),
            "{}",
            ran.stdout
        );
        sh(fix);
        assert_eq!(check(app.path(), name)["state"], "ok", "after `{fix}`");
    }
}

#[test]
fn a_setting_that_does_not_fit_is_named_with_its_line() {
    let app = app();
    env(app.path(), &format!("JWT_SECRET={SECRET}\nPORT=many\n"));
    let found = check(app.path(), "settings");
    assert_eq!(found["state"], "failed");
    let message = found["message"].as_str().unwrap();
    assert!(
        message.starts_with("PORT: `many` is not a port") && message.ends_with(".env:2"),
        "{message}"
    );

    env(
        app.path(),
        &format!("JWT_SECRET={SECRET}\nPORT=0\nWS_IDLE_TIMEOT=4\n"),
    );
    let found = check(app.path(), "settings");
    assert_eq!(found["state"], "warning");
    let message = found["message"].as_str().unwrap();
    assert!(
        message.contains("did you mean `WS_IDLE_TIMEOUT`?"),
        "{message}"
    );
}

#[test]
fn whoever_has_the_port_is_named_with_a_port_that_is_free() {
    let app = app();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    env(app.path(), &format!("PORT={port}\nJWT_SECRET={SECRET}\n"));
    let found = check(app.path(), "port");
    assert_eq!(found["state"], "warning", "perhaps it is this app");
    let message = found["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("{port} is taken")),
        "{message}"
    );
    if cfg!(target_os = "linux") {
        let pid = format!(" by process {} (", std::process::id());
        assert!(message.contains(&pid), "{message}");
    }
    assert!(found["fix"].as_str().unwrap().starts_with("orcs serve -p "));
}

#[test]
fn a_toolchain_that_is_too_old_or_missing_fails() {
    let app = app();
    let bin = tempfile::tempdir().unwrap();
    let rustc = bin.path().join("rustc");
    let with = |path: &Path| {
        let mut doctor = orcs(app.path());
        doctor.args(["doctor", "--json"]).env("PATH", path);
        ran(&doctor
            .env_remove("RUSTC")
            .env_remove("CARGO")
            .output()
            .unwrap())
    };
    let find = |checks: &[Value], name: &str| {
        checks
            .iter()
            .find(|check| check["name"] == name)
            .cloned()
            .unwrap()
    };
    let missing = with(bin.path());
    assert_eq!(missing.code, 1);
    let rust = find(&json(&missing), "rust");
    assert_eq!(rust["state"], "failed");
    assert!(
        rust["fix"]
            .as_str()
            .unwrap()
            .contains("https://sh.rustup.rs")
    );

    fs::write(
        &rustc,
        "#!/bin/sh\necho 'rustc 1.70.0 (old)'; echo 'host: none'\n",
    )
    .unwrap();
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
    let old = find(&json(&with(bin.path())), "rust");
    assert_eq!(
        (&old["state"], &old["fix"]),
        (&"failed".into(), &"rustup update stable".into())
    );
    assert_eq!(old["message"], "1.70.0 is too old: 1.88 or newer is needed");
}

#[test]
fn a_message_cannot_steer_the_terminal() {
    let app = app();
    env(app.path(), "PORT=\u{1b}[31m\u{202e}\n");
    let ran = run(app.path(), &["doctor"]);
    assert_eq!(ran.code, 1);
    let text = ran.stdout + &ran.stderr;
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
}
