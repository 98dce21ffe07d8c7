//! The templates: the showcase again, and part of the package.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{files_below, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What an app has of its own; every other file is the showcase's.
const ITS_OWN: [&str; 4] = ["AGENTS.md", "Cargo.toml.hbs", "README.md.hbs", "gitignore"];

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
fn the_chat_template_equals_the_showcase() {
    let root = workspace();
    let template = root.join("templates/chat");
    let mut shared: BTreeSet<PathBuf> = files_below(&template).into_iter().collect();
    shared.retain(|path| !ITS_OWN.iter().any(|own| path == Path::new(own)));
    for part in SHOWCASE {
        let path = root.join(part);
        if path.is_dir() {
            shared.extend(
                files_below(&path)
                    .into_iter()
                    .map(|file| Path::new(part).join(file)),
            );
        } else if path.exists() {
            shared.insert(part.into());
        }
    }
    assert!(shared.contains(Path::new("routes/websocket.rs")));
    for path in shared {
        assert!(
            fs::read(template.join(&path)).ok() == fs::read(root.join(&path)).ok(),
            "templates/chat/{0} differs from {0}; `cargo xtask templates` copies the showcase",
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
