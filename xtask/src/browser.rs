//! The JavaScript tests: what they need, and their run.

use crate::failure::{Failure, Result};
use crate::process::{built, cargo, find, run, run_read, works};
use crate::tally::Tally;
use crate::test::Options;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Runs `tests/browser` with the showcase as it is now.
pub fn test(_: &Options, tally: &mut Tally) -> Result {
    let tests = crate::root().join("tests/browser");
    node()?;
    packages(&tests)?;
    let chromium = chromium()?;
    let mut build = cargo(&["build", "--package", "orcs-rs", "--bin", "showcase"]);
    for (example, _) in EXAMPLES {
        build.args(["--example", example]);
    }
    run(&mut build)?;
    run(&mut cargo(&["build", "--package", "cargo-orcs"]))?;
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=spec"])
        .args(test_files(&tests)?)
        .current_dir(&tests)
        .env("CHROMIUM", chromium)
        .env("ORCS", built("debug", "orcs")?)
        .env("ORCS_SHOWCASE", built("debug", "showcase")?);
    for (example, variable) in EXAMPLES {
        command.env(variable, built("debug", &format!("examples/{example}"))?);
    }
    run_read(&mut command, |line| tally.read_node(line))
}

/// The examples that tests run, and the variables that name their programs.
const EXAMPLES: [(&str, &str); 6] = [
    ("bun_orcs", "ORCS_BUN_ORCS"),
    ("login", "ORCS_LOGIN"),
    ("openspeed", "ORCS_OPENSPEED"),
    ("template_game", "ORCS_TEMPLATE_GAME"),
    ("template_notifications", "ORCS_TEMPLATE_NOTIFICATIONS"),
    ("universal_api", "ORCS_UNIVERSAL_API"),
];

/// By name: what `node --test` takes a folder for has changed between its versions.
fn test_files(tests: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(tests).map_err(|error| format!("{}: {error}", tests.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().into()))
        .filter(|name: &PathBuf| name.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    Ok(files)
}

/// Node and npm are for whoever runs the tests to choose.
pub fn node() -> Result {
    let version = Command::new("node").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let major = version.as_deref().ok().and_then(major);
    match major {
        Some(major) if major >= OLDEST_NODE && find_npm() => Ok(()),
        Some(major) if major < OLDEST_NODE => Err(Failure::Chore(format!(
            "node {major} is too old, {OLDEST_NODE} is needed: https://nodejs.org"
        ))),
        _ => Err(
            "the browser tests need node and npm: `apt-get install nodejs npm`, or https://nodejs.org"
                .into(),
        ),
    }
}

/// `v20.20.2` is 20.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn find_npm() -> bool {
    find("npm").is_some() || find("npm.cmd").is_some()
}

/// What playwright-core asks for.
const OLDEST_NODE: u32 = 20;

/// Installs the packages of the lock file, unless that was done since it changed.
pub fn packages(tests: &Path) -> Result {
    let changed =
        |path: &str| -> Option<SystemTime> { fs::metadata(tests.join(path)).ok()?.modified().ok() };
    // npm writes its own copy of the lock file when it is done.
    if changed("node_modules/.package-lock.json") >= changed("package-lock.json") {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(Command::new(npm)
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(tests))
}

/// Where Chromium is; where apt may be used, it is installed if need be.
pub fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        let path = PathBuf::from(path);
        return if starts(&path) {
            Ok(path)
        } else {
            Err(format!("CHROMIUM: `{}` does not start", path.display()).into())
        };
    }
    if let Some(path) = installed_chromium() {
        return Ok(path);
    }
    let cure = INSTALL.map(|words| words.join(" ")).join(" && ");
    if !(is_root() && find("apt-get").is_some()) {
        return Err(format!(
            "the browser tests need Chromium: `{cure}` as root, or set CHROMIUM to its path"
        )
        .into());
    }
    for words in INSTALL {
        run(Command::new(words[0])
            .args(&words[1..])
            .env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    installed_chromium().ok_or_else(|| {
        format!("`{cure}` brought no Chromium that starts; set CHROMIUM to the path of one").into()
    })
}

/// Ubuntu's `chromium-browser` may be a script that only speaks of snap.
fn installed_chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .filter_map(|name| find(name))
        .find(|path| starts(path))
}

fn starts(chromium: &Path) -> bool {
    let mut command = Command::new(chromium);
    command.arg("--version");
    works(command)
}

fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    return false;
}

const INSTALL: [&[&str]; 2] = [
    &["apt-get", "update"],
    &[
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
        "chromium",
    ],
];
