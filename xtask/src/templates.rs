//! `cargo xtask templates`: the Cargo.lock of new apps, made anew out of the workspace's own.

use crate::failure::{Failure, Result};
use crate::process::{cargo, run as run_command, target};
use std::fs;
use std::path::Path;

/// Lets cargo take what an app needs out of the workspace's lock, and keeps all but the
/// app's own entry, which `orcs new` writes.
pub fn run(words: &[&str]) -> Result {
    if let Some(word) = words.first() {
        return Err(Failure::unknown(word));
    }
    let root = crate::root();
    let app = target()?.join("templates/app");
    let failed = |error| format!("cannot write {}: {error}", app.display());
    fs::create_dir_all(app.join("src")).map_err(failed)?;
    fs::write(app.join("src/main.rs"), "fn main() {}\n").map_err(failed)?;
    fs::write(app.join("Cargo.toml"), manifest(&root)?).map_err(failed)?;
    fs::copy(root.join("Cargo.lock"), app.join("Cargo.lock")).map_err(failed)?;

    let mut update = cargo(&["update", "--workspace", "--offline", "--quiet"]);
    run_command(update.current_dir(&app))?;

    let lock = read(&app.join("Cargo.lock"))?;
    let own = format!("{ENTRY}name = \"{APP}\"\n");
    let kept: Vec<_> = lock
        .split_inclusive("\n\n")
        .filter(|entry| !entry.starts_with(&own))
        .collect();
    let path = root.join("templates/Cargo.lock");
    let lock = kept.concat();
    fs::write(&path, &lock).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    println!(
        "{}: {} packages",
        path.display(),
        lock.matches(ENTRY).count()
    );
    Ok(())
}

/// The chat's, which asks for all that any template may ask for.
fn manifest(root: &Path) -> Result<String> {
    let manifest = read(&root.join("templates/chat/Cargo.toml.hbs"))?;
    let path = format!("path = {:?}", root.display().to_string());
    Ok(manifest
        .replace("{{name}}", APP)
        .replace("{{framework}}", &path))
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path);
    text.map_err(|error| format!("cannot read {}: {error}", path.display()).into())
}

const APP: &str = "app-of-the-templates";
const ENTRY: &str = "[[package]]\n";
