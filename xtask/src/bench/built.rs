//! What has to be built or installed before anything can be measured.

use crate::failure::Result;
use crate::process::{cargo, find, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the programs lie.
#[derive(Debug)]
pub struct Built {
    release: PathBuf,
    peers: PathBuf,
}

impl Built {
    /// Builds the benches' workspace in release, and installs what the scripts need.
    pub fn all() -> Result<Self> {
        let built = Self::workspace()?;
        if let Err(problem) = install(&built.peers) {
            println!("{problem}; going on without the servers that need it");
        }
        Ok(built)
    }

    /// Builds the benches' workspace in release.
    pub fn workspace() -> Result<Self> {
        if !cfg!(target_os = "linux") {
            return Err("the load generator needs Linux: epoll and /proc".into());
        }
        let target = target()?;
        run(cargo(&["build", "--release", "--manifest-path", MANIFEST])
            .arg("--target-dir")
            .arg(&target))?;
        Ok(Self {
            release: target.join("release"),
            peers: crate::root().join("benches/peers"),
        })
    }

    pub fn binary(&self, name: &str) -> PathBuf {
        self.release.join(name)
    }

    pub fn peers(&self) -> &Path {
        &self.peers
    }

    /// Bun's binary comes inside a package for this kind of machine.
    pub fn bun(&self) -> Result<PathBuf> {
        let packages = fs::read_dir(self.peers.join("node_modules/@oven"));
        packages
            .into_iter()
            .flatten()
            .flatten()
            .map(|package| package.path().join("bin/bun"))
            .find(|path| path.is_file())
            .ok_or_else(|| {
                "Bun is not installed (`npm ci --ignore-scripts --prefix benches/peers`)".into()
            })
    }

    /// Node, if there is one and its packages are installed.
    pub fn node(&self) -> Result<PathBuf> {
        if !self.peers.join("node_modules/ws").is_dir() {
            return Err(
                "its packages are not installed (`npm ci --ignore-scripts --prefix benches/peers`)"
                    .into(),
            );
        }
        find("node").ok_or_else(|| "Node.js is missing (https://nodejs.org)".into())
    }
}

/// The root's own folder, or wherever CARGO_TARGET_DIR says: orcs' dependencies are there.
pub fn target() -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(own
        .ancestors()
        .nth(2)
        .expect("target/debug/xtask")
        .to_owned())
}

/// Once for each lock file: npm keeps a copy of the one it installed from.
fn install(peers: &Path) -> std::result::Result<(), String> {
    let stamp = peers.join("node_modules/.installed-from");
    let lock = fs::read(peers.join("package-lock.json")).map_err(|error| error.to_string())?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = find("npm").ok_or("npm is missing (it comes with Node.js, https://nodejs.org)")?;
    // Without scripts: what is needed comes built, and nobody's install code is run.
    let mut command = Command::new(npm);
    command.args(["ci", "--ignore-scripts"]).current_dir(peers);
    run(&mut command).map_err(|_| "`npm ci` in benches/peers failed")?;
    fs::write(&stamp, lock).map_err(|error| error.to_string())
}

/// The benches' workspace, from the root.
pub const MANIFEST: &str = "benches/Cargo.toml";
