//! The templates: the showcase again, and part of the package.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{files_below, run, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What an app has of its own; every other file is the showcase's.
const ITS_OWN: [&str; 10] = [
    ".cargo/config.toml",
    ".dockerignore",
    ".env",
    ".github/workflows/ci.yml",
    ".gitignore",
    "AGENTS.md",
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "README.md",
];

/// The parts of the workspace that are the showcase.
const SHOWCASE: [&str; 6] = [
    ".env.example",
    "config",
    "public",
    "routes",
    "src/main.rs",
    "tests/chat.rs",
];

#[test]
fn a_new_app_equals_the_showcase() {
    let dir = tempfile::tempdir().unwrap();
    let new = run(dir.path(), &["new", "myapp"]);
    assert_eq!(new.code, 0, "{}", new.stderr);
    let (app, root) = (dir.path().join("myapp"), workspace());

    let written: BTreeSet<PathBuf> = files_below(&app).into_iter().collect();
    let mut expected: BTreeSet<PathBuf> = ITS_OWN.map(PathBuf::from).into();
    for part in SHOWCASE {
        let path = root.join(part);
        if path.is_dir() {
            let files = files_below(&path).into_iter();
            expected.extend(files.map(|file| Path::new(part).join(file)));
        } else {
            expected.insert(part.into());
        }
    }
    assert_eq!(written, expected);
    for path in written {
        let is_shared = !ITS_OWN.iter().any(|own| path == Path::new(own));
        assert!(
            !is_shared || fs::read(app.join(&path)).unwrap() == fs::read(root.join(&path)).unwrap(),
            "a new app's {0} is not the showcase's; templates/chat links to the root",
            path.display()
        );
    }
}

#[test]
fn the_package_holds_the_templates() {
    let list = Command::new(env!("CARGO"))
        .args([
            "package",
            "-p",
            "cargo-orcs",
            "--list",
            "--allow-dirty",
            "--offline",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(
        list.status.success(),
        "{}",
        String::from_utf8_lossy(&list.stderr)
    );
    let list = String::from_utf8(list.stdout).unwrap();
    for file in files_below(&workspace().join("templates")) {
        let path = format!("templates/{}", file.display());
        assert!(
            list.lines().any(|line| line == path),
            "`cargo package` leaves out {path}"
        );
    }
    assert!(list.contains("templates/chat/routes/websocket.rs"));
}
