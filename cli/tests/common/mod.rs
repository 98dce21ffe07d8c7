//! Runs the built command as a user does.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

pub mod fake;
pub mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The command in a folder, without the settings of whoever runs the tests.
pub fn orcs(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orcs"));
    command.current_dir(dir);
    for key in [
        "APP_ENV",
        "HOST",
        "PORT",
        "JWT_ALGORITHM",
        "JWT_SECRET",
        "JWT_PUBLIC_KEY_FILE",
        "JWT_JWKS_URL",
        "JWT_ISSUER",
        "JWT_AUDIENCE",
        "ORCS_DESCRIBE",
        "LISTEN_FDS",
        "NOTIFY_SOCKET",
        "TERM",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(key);
    }
    command
}

/// What came out of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn run(dir: &Path, args: &[&str]) -> Ran {
    ran(&orcs(dir).args(args).output().unwrap())
}

pub fn ran(output: &Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ran {
        code: output.status.code().expect("no signal ended it"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// The workspace, where the framework and the showcase are.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .canonicalize()
        .unwrap()
}

/// Every file below a folder, relative to it, in order.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(dir).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}
