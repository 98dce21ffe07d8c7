//! `orcs build`.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, orcs, ran, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn app(main: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/main.rs"), main).unwrap();
    dir
}

fn build(app: &Path, args: &[&str]) -> Ran {
    let mut command = orcs(app);
    command
        .arg("build")
        .args(args)
        .env("CARGO_TARGET_DIR", app.join("target"));
    ran(&command.output().unwrap())
}

#[test]
fn the_answer_is_the_programs_path() {
    let app = app(
        "fn main() { println!(\"{}\", if cfg!(debug_assertions) { \"debug\" } else { \"release\" }) }",
    );
    let ran = build(app.path(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let path = ran.stdout.strip_suffix('\n').unwrap();
    let said = Command::new(path).output().unwrap().stdout;
    assert_eq!(said, b"release\n");
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.ends_with(" s") && last.contains("B in "), "{last}");

    let ran = build(app.path(), &["--json", "-q"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["path"], path);
    assert_eq!(json["bytes"], fs::metadata(path).unwrap().len());
    assert!(json["seconds"].as_f64().unwrap() > 0.0 && json["target"].is_null());
}

#[test]
fn what_does_not_build_is_no_answer() {
    let app = app("fn main() { nothing() }");
    let ran = build(app.path(), &[]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .ends_with("error: the app does not build; what cargo says is above\n")
    );
    assert_eq!(run(tempfile::tempdir().unwrap().path(), &["build"]).code, 3);
}

#[test]
fn another_platform_is_named_and_its_absence_told() {
    let app = app("fn main() {}");
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let ran = build(app.path(), &["--json", "--target", host]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["target"], host);
    assert!(
        json["path"]
            .as_str()
            .unwrap()
            .contains(&format!("target/{host}/release/"))
    );

    let ran = build(app.path(), &["--target", "riscv64gc-unknown-linux-gnu"]);
    if ran.code == 1 && Command::new("rustup").arg("-V").output().is_ok() {
        let help = "  help: rustup target add riscv64gc-unknown-linux-gnu\n";
        assert!(ran.stderr.ends_with(help), "{}", ran.stderr);
    }
}
