//! Runs the built command as a user does.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

pub mod fake;
pub mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What whoever runs the tests may have set.
pub const SETTINGS: [&str; 21] = [
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
    "CLICOLOR_FORCE",
    "ORCS_QUIET",
    "ORCS_VERBOSE",
    "ORCS_COLOR",
    "ORCS_OFFLINE",
    "ORCS_CWD",
    "CI",
    "ORCS_FRAMEWORK",
    "LISTEN_FDS",
    "NOTIFY_SOCKET",
    "TERM",
];

/// The command in a folder, without the settings of whoever runs the tests.
pub fn orcs(dir: &Path) -> Command {
    alone(env!("CARGO_BIN_EXE_orcs"), dir)
}

/// Any program, likewise.
pub fn alone(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir);
    for key in SETTINGS {
        command.env_remove(key);
    }
    // A test that wants a build asks for it.
    command.env("ORCS_NO_BUILD", "1");
    command.env("CARGO_HOME", cargo_home());
    command
}

/// A home of cargo's with the crates of the real one. The build directory that all new
/// apps share lies in it, so that tests build nothing into the developer's own.
pub fn cargo_home() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-home");
    std::fs::create_dir_all(&home).unwrap();
    let real = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let real = real.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cargo"));
    // Another test has made it.
    #[cfg(unix)]
    let _ = std::os::unix::fs::symlink(real.join("registry"), home.join("registry"));
    home
}

/// What cargo says in an app; it must succeed.
pub fn cargo(app: &Path, target: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(app)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_HOME", cargo_home())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let (args, app) = (args.join(" "), app.display());
    assert!(
        output.status.success(),
        "`cargo {args}` fails in {app}:\n{said}"
    );
    said
}

/// Free a moment ago, and nobody else here is looking for one.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// PATH with the built command before everything else.
pub fn path_with_orcs() -> std::ffi::OsString {
    let built = Path::new(env!("CARGO_BIN_EXE_orcs")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).collect::<Vec<_>>();
    std::env::join_paths(std::iter::once(built.to_owned()).chain(folders)).unwrap()
}

/// Whether there is a browser for the tests that want one; says so when there is none.
pub fn has_chromium() -> bool {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let starts = |name: &str| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let has = std::env::var_os("CHROMIUM").is_some() || names.iter().any(|name| starts(name));
    if !has {
        eprintln!("left out: there is no Chromium here");
    }
    has
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

/// Every file below a folder, relative to it, in order; without git's own and cargo's.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(".git") || path.ends_with("target") {
                continue;
            }
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
