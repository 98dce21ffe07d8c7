//! The ways in which a new app gets the framework, built without a network.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{cargo_home, orcs, ran, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A folder for apps that is the same each time, so that only the first run builds the
/// dependencies: they are kept in the build directory that the apps share.
fn shelf(name: &str) -> PathBuf {
    let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&shelf);
    fs::create_dir_all(&shelf).unwrap();
    shelf
}

/// Builds the app as its owner would, with the network cut, and gives the packages that were
/// not there yet.
fn build(app: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--message-format=json"])
        .current_dir(app)
        .env("CARGO_HOME", cargo_home())
        // Nobody is there. Cargo is not told to stay offline: it has no reason to ask.
        .env("CARGO_HTTP_PROXY", "http://127.0.0.1:1")
        .env("CARGO_NET_RETRY", "0")
        // Those of the cargo that runs this test.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_BUILD_DIR")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    messages
        .filter(|message: &Value| message["fresh"] == false)
        .map(|message| message["target"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_second_app_builds_only_itself() {
    let shelf = shelf("second");
    // The first one by itself, in the background.
    let mut first = orcs(&shelf);
    first.args(["new", "one"]).env("CARGO", env!("CARGO"));
    for unwanted in ["ORCS_NO_BUILD", "CARGO_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"] {
        first.env_remove(unwanted);
    }
    let first = ran(&first.output().unwrap());
    assert!(
        first.stderr.contains("in the background"),
        "{}",
        first.stderr
    );
    let messages = shelf.join("one/target/first-build.jsonl");
    let deadline = Instant::now() + Duration::from_secs(600);
    let finished = loop {
        let text = fs::read_to_string(&messages).unwrap();
        let last = text.lines().last().unwrap_or_default();
        if text.ends_with('\n') && last.contains(r#""reason":"build-finished""#) {
            break last.to_owned();
        }
        assert!(
            Instant::now() < deadline,
            "the first build does not end: {last}"
        );
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(finished.contains(r#""success":true"#), "{finished}");

    let second = run(&shelf, &["new", "two"]);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert_eq!(build(&shelf.join("two")), ["two"]);
    // Its program is its own all the same.
    assert!(shelf.join("two/target/debug/two").is_file());
    assert!(!shelf.join("two/target/debug/deps").exists());
}

#[test]
fn a_copy_in_the_app_builds_without_the_network_and_a_commit_of_it_too() {
    let shelf = shelf("vendored");
    let ran = run(&shelf, &["new", "alone", "--framework", "vendor"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("  framework: a copy in vendor/orcs\n"),
        "{}",
        ran.stderr
    );
    let alone = shelf.join("alone");
    build(&alone);

    // The copy is a whole checkout: a repository with it can be depended on, at a commit.
    let copy = alone.join("vendor/orcs");
    let commit = git(&copy, &["rev-parse", "HEAD"]);
    let source = format!("git:file://{}@{}", copy.display(), commit.trim());
    let ran = run(&shelf, &["new", "pinned", "--framework", &source]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // Cargo fetches the commit from this machine's own disk.
    let mut fetch = Command::new(env!("CARGO"));
    fetch
        .args(["fetch", "--locked"])
        .current_dir(shelf.join("pinned"));
    let fetched = fetch.env("CARGO_HOME", cargo_home()).output().unwrap();
    let says = String::from_utf8_lossy(&fetched.stderr);
    assert!(fetched.status.success(), "{says}");
}

/// Runs git in a folder that becomes a repository with everything in it.
fn git(dir: &Path, args: &[&str]) -> String {
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
        let output = Command::new("git")
            .args(identity)
            .args(args)
            .current_dir(dir)
            .output();
        let output = output.unwrap();
        let says = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{says}");
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Copy"]);
    git(args)
}

#[test]
fn the_environment_names_the_framework_too() {
    let dir = tempfile::tempdir().unwrap();
    let new = |source: &str| {
        let mut orcs = orcs(dir.path());
        orcs.args(["new", "myapp", "--json"])
            .env("ORCS_FRAMEWORK", source);
        ran(&orcs.output().unwrap())
    };
    assert_eq!(new("nonsense").code, 2);
    let refused = new("version:0.1");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("no release"), "{}", refused.stderr);
    let made: Value = serde_json::from_str(&new("git:https://example.com/orcs@v1").stdout).unwrap();
    assert_eq!(made["framework"], "git:https://example.com/orcs@v1");
    let manifest = fs::read_to_string(dir.path().join("myapp/Cargo.toml")).unwrap();
    let keys = r#"git = "https://example.com/orcs", rev = "v1""#;
    assert!(manifest.contains(keys), "{manifest}");
}
