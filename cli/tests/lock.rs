//! The Cargo.lock that a new app begins with: whole, and the one we test with.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{cargo_home, run, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const STALE: &str = "templates/Cargo.lock is stale: cargo xtask templates";

/// The packages of a lock that come from a registry, as name, version and checksum.
fn packages(lock: &Path) -> BTreeSet<[String; 3]> {
    let lock: toml::Table = fs::read_to_string(lock).unwrap().parse().unwrap();
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let packages = lock["package"].as_array().unwrap().iter();
    packages
        .filter_map(|package| {
            let checksum = text(package, "checksum")?;
            Some([text(package, "name")?, text(package, "version")?, checksum])
        })
        .collect()
}

#[test]
fn the_versions_are_the_workspaces_own() {
    let ours = packages(&workspace().join("Cargo.lock"));
    let apps = packages(&workspace().join("templates/Cargo.lock"));
    assert!(apps.len() > 50 && apps.is_subset(&ours), "{STALE}");
}

#[test]
fn cargo_finds_nothing_to_add_or_to_remove() {
    let dir = tempfile::tempdir().unwrap();
    for template in fs::read_dir(workspace().join("templates"))
        .unwrap()
        .flatten()
    {
        if !template.path().join("Cargo.toml.hbs").exists() {
            continue;
        }
        let name = template.file_name().into_string().unwrap();
        for app in ["a", "zz-last"].map(|app| format!("{app}-{name}")) {
            let ran = run(dir.path(), &["new", &app, "--template", &name]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let update = Command::new(env!("CARGO"))
                .args(["update", "--workspace", "--locked", "--offline"])
                .current_dir(dir.path().join(&app))
                .env("CARGO_HOME", cargo_home())
                .output()
                .unwrap();
            let says = String::from_utf8_lossy(&update.stderr);
            assert!(update.status.success(), "{STALE}\n{says}");
        }
    }
}
