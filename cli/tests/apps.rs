//! What each template makes builds without a warning, is well formed, and passes its own tests.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{cargo, files_below, free_port, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_chat_is_as_it_should_be() {
    is_as_it_should_be("chat");
}

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

#[test]
fn an_image_holds_no_secret_and_its_app_is_not_root() {
    let dir = tempfile::tempdir().unwrap();
    for template in ["chat", "notifications", "game"] {
        let app = new(dir.path(), template);
        let read = |file: &str| fs::read_to_string(app.join(file)).unwrap();
        let dockerfile = read("Dockerfile");
        assert!(dockerfile.contains("\nUSER app\n"), "{template}");
        assert!(
            !dockerfile.contains("ENV JWT_SECRET") && !dockerfile.contains("ARG JWT_SECRET"),
            "{template}"
        );
        assert!(
            read(".dockerignore").lines().any(|line| line == "/.env"),
            "{template}"
        );
    }
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

    cargo(&app, &target(), &["fmt", "--check"]);
    // Clippy denies the compiler's warnings too. `RUSTFLAGS` would build each dependency again.
    cargo(
        &app,
        &target(),
        &["clippy", "--all-targets", "--", "-D", "warnings"],
    );
    let built = cargo(&app, &target(), &["build"]);
    assert!(!built.contains("warning:"), "{built}");
    cargo(&app, &target(), &["test"]);
    if app.join("Dockerfile").exists() {
        its_image_tells_whether_it_is_healthy(&app, &name);
    }
}

/// The check is a line of shell in a list of JSON: run here, with the app beside it.
fn its_image_tells_whether_it_is_healthy(app: &Path, name: &str) {
    let dockerfile = fs::read_to_string(app.join("Dockerfile")).unwrap();
    let (_, check) = dockerfile.split_once("HEALTHCHECK").unwrap();
    let (_, check) = check.split_once("CMD ").unwrap();
    let check: Vec<String> = serde_json::from_str(check.lines().next().unwrap()).unwrap();
    let port = free_port().to_string();
    let is_healthy = || {
        let mut command = Command::new(&check[0]);
        command.args(&check[1..]).env("PORT", &port);
        let output = command.stdin(Stdio::null()).output();
        output.unwrap().status.success()
    };
    assert!(!is_healthy(), "nobody listens on port {port} yet");

    let program = target().join("debug").join(name);
    let mut serve = Command::new(program);
    serve.current_dir(app).env("PORT", &port).env("HOST", "");
    let running = Running(serve.stdin(Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_healthy() {
        assert!(Instant::now() < deadline, "{name} is never healthy");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(running);
    assert!(!is_healthy(), "{name} has ended");
}

/// Killed when a test is done with it, or fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Shares what the test of the scaffold has built.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scaffold")
}

fn new(shelf: &Path, template: &str) -> PathBuf {
    let name = format!("my-{template}");
    let ran = run(shelf, &["new", &name, "--template", template]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    shelf.join(name)
}
