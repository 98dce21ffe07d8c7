//! `cargo xtask bench new`: how long `orcs new` takes, and the first builds after it.

use super::ratios::Spread;
use crate::failure::{Failure, Result};
use crate::process::{built, cargo, run as run_command, run_quietly, target};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Twenty apps are written; then the first app of a machine is built, and a second one.
pub fn run(words: &[&str]) -> Result {
    let profile = match words {
        [] => "debug",
        ["--release"] => "release",
        [word, ..] => return Err(Failure::unknown(word)),
    };
    let mut build = cargo(&["build", "--package", "cargo-orcs", "--bin", "orcs"]);
    run_command(build.args(words))?;
    let orcs = built(profile, "orcs")?;
    let shelf = Shelf::empty()?;

    let times = (0..APPS).map(|app| {
        let start = Instant::now();
        shelf.new_app(&orcs, &format!("app{app}"))?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    });
    let times: Vec<f64> = times.collect::<Result<_>>()?;
    let spread = Spread::of(times).ok_or("there was no run")?;
    println!("orcs new, {profile}, {APPS} runs: {spread} ms");

    let first = shelf.build("app0")?;
    let second = shelf.build("app1")?;
    let share = second / first;
    println!(
        "first build of the first app {first:.1} s, of a second one {second:.2} s: {share:.3}"
    );

    let mut missed = Vec::new();
    if spread.median > MOST_MS {
        missed.push(format!("`orcs new` takes more than {MOST_MS} ms"));
    }
    if share > MOST_SHARE {
        missed.push(format!(
            "a second app takes more than {MOST_SHARE} of the first"
        ));
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Chore(missed.join("\nerror: "))),
    }
}

/// A folder for apps, and a home of cargo's that has built none yet.
struct Shelf {
    apps: PathBuf,
    home: PathBuf,
}

impl Shelf {
    fn empty() -> Result<Self> {
        let dir = target()?.join("bench-new");
        let failed = |error| format!("cannot prepare {}: {error}", dir.display());
        _ = fs::remove_dir_all(&dir);
        let (apps, home) = (dir.join("apps"), dir.join("home"));
        fs::create_dir_all(&apps).map_err(failed)?;
        fs::create_dir_all(&home).map_err(failed)?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(registry()?, home.join("registry")).map_err(failed)?;
        Ok(Self { apps, home })
    }

    fn new_app(&self, orcs: &Path, name: &str) -> Result {
        let mut new = Command::new(orcs);
        // In CI no build begins in the background: it would be measured too.
        new.args(["new", name, "--json"])
            .current_dir(&self.apps)
            .env("CI", "true");
        run_quietly(&mut new, |_| {})
    }

    /// In seconds.
    fn build(&self, app: &str) -> Result<f64> {
        let mut build = cargo(&["build", "--locked", "--offline", "--quiet"]);
        build
            .current_dir(self.apps.join(app))
            .env("CARGO_HOME", &self.home);
        build.env_remove("CARGO_TARGET_DIR");
        let start = Instant::now();
        run_command(&mut build)?;
        Ok(start.elapsed().as_secs_f64())
    }
}

/// The crates that this machine has already.
#[cfg(unix)]
fn registry() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    Ok(home.ok_or("cargo has no home here")?.join("registry"))
}

const APPS: usize = 20;
const MOST_MS: f64 = 50.0;
const MOST_SHARE: f64 = 0.1;
