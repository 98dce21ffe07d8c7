//! What the source cannot say: which files there are, and where this command is built.

use std::path::{Component, Path};
use std::process::Command;

fn main() {
    // A new file must reach the command: `include_dir!` alone notices only changes
    // of files it already knows.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=framework");

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (built_in, built_at) = if lies_in(here, "git", "checkouts") {
        ("git", commit(here).unwrap_or_default())
    } else if lies_in(here, "registry", "src") || here.join(".cargo_vcs_info.json").exists() {
        ("registry", String::new())
    } else {
        ("checkout", String::new())
    };
    println!("cargo::rustc-env=ORCS_BUILT_IN={built_in}");
    println!("cargo::rustc-env=ORCS_BUILT_AT={built_at}");

    // `orcs doctor` asks for the crates of this platform alone.
    let target = std::env::var_os("TARGET").expect("cargo sets TARGET");
    println!("cargo::rustc-env=ORCS_TARGET={}", target.display());
}

/// Whether the path has these two folders, one in the other: cargo's own places.
fn lies_in(path: &Path, outer: &str, inner: &str) -> bool {
    let parts: Vec<_> = path.components().map(Component::as_os_str).collect();
    parts
        .windows(2)
        .any(|pair| pair[0] == outer && pair[1] == inner)
}

/// The commit that cargo checked out there; it never changes in such a folder.
fn commit(dir: &Path) -> Option<String> {
    let mut git = Command::new("git");
    let output = git.args(["rev-parse", "HEAD"]).current_dir(dir).output();
    let commit = String::from_utf8(output.ok()?.stdout).ok()?;
    Some(commit.trim().to_owned())
}
