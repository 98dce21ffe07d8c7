//! A first `cargo orcs serve` builds the command, then the app: what both need, it builds once.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::workspace;
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn a_first_serve_builds_each_crate_once() {
    let command = crates(&["--package", "cargo-orcs", "--no-default-features"]);
    let app = crates(&["--package", "orcs-rs"]);
    // Other features are another crate to cargo, and so is all that stands on it.
    let twice: Vec<_> = app.difference(&command).collect();
    assert!(
        app.len() > 50 && twice.is_empty(),
        "give these in Cargo.toml the features that the command's crates give them: {twice:#?}"
    );
}

/// The crates of a build, each with its version and its features.
fn crates(of: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal,build"])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p} {f}"])
        .args(of)
        .current_dir(workspace())
        .output()
        .unwrap();
    let says = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{says}");
    let lines = String::from_utf8(tree.stdout).unwrap();
    lines.lines().map(str::to_owned).collect()
}
