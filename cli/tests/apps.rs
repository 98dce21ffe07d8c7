//! What each template makes builds without a warning, is well formed, and passes its own tests.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{files_below, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_minimal_app_is_as_it_should_be() {
    is_as_it_should_be("minimal");
}

#[test]
fn an_app_for_notifications_is_as_it_should_be() {
    is_as_it_should_be("notifications");
}

#[test]
fn a_game_is_as_it_should_be() {
    is_as_it_should_be("game");
}

#[test]
fn a_minimal_app_has_seven_files() {
    let dir = tempfile::tempdir().unwrap();
    let app = new(dir.path(), "minimal");
    let mut files = files_below(&app);
    // What is made on the spot: the secret's file, and what cargo reads.
    files.retain(|file| {
        ![".env", "Cargo.lock", ".cargo/config.toml"]
            .iter()
            .any(|made| file == Path::new(made))
    });
    assert_eq!(files.len(), 7, "{files:?}");
}

fn is_as_it_should_be(template: &str) {
    // The same places each time, so that only the first run builds the dependencies.
    let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("apps");
    let name = format!("my-{template}");
    _ = fs::remove_dir_all(shelf.join(&name));
    fs::create_dir_all(&shelf).unwrap();
    let app = new(&shelf, template);

    for file in files_below(&app) {
        assert!(
            !fs::symlink_metadata(app.join(&file)).unwrap().is_symlink(),
            "{} is a link",
            file.display()
        );
        assert!(
            file.extension().is_none_or(|extension| extension != "hbs"),
            "{} is not rendered",
            file.display()
        );
        let text = fs::read_to_string(app.join(&file)).unwrap();
        assert!(
            !text.contains("{{"),
            "{} is not rendered whole",
            file.display()
        );
    }
    let ignored = fs::read_to_string(app.join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/.env"));

    cargo(&app, &["fmt", "--check"]);
    // Clippy denies the compiler's warnings too. `RUSTFLAGS` would build each dependency again.
    cargo(&app, &["clippy", "--all-targets", "--", "-D", "warnings"]);
    let built = cargo(&app, &["build"]);
    assert!(!built.contains("warning:"), "{built}");
    cargo(&app, &["test"]);
}

fn new(shelf: &Path, template: &str) -> PathBuf {
    let name = format!("my-{template}");
    let ran = run(shelf, &["new", &name, "--template", template]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    shelf.join(name)
}

/// What cargo says; shares what the test of the scaffold has built.
fn cargo(app: &Path, args: &[&str]) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scaffold");
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(app)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(
        output.status.success(),
        "`cargo {}` fails in {}:\n{said}",
        args.join(" "),
        app.display()
    );
    said
}
