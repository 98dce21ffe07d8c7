//! Rust, cargo and the linker.

use super::check::Check;
use crate::app::{App, cargo_call};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What an app needs, when its Cargo.toml does not say it.
const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// From then on cargo has `build.build-dir`, which apps share.
const SHARING_CARGO: Version = Version(1, 91, 0);

/// From then on rustc links with its own LLD on x86-64 Linux.
const LLD_INSIDE: Version = Version(1, 90, 0);

const UPDATE: &str = "rustup update stable";
const INSTALL: &str = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";

pub fn checks(app: Option<&App>) -> Vec<Check> {
    let here = app.map_or(Path::new("."), |app| &app.root);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rust = says(Command::new(rustc).arg("-vV").current_dir(here));
    let cargo = says(cargo_call::command().arg("-V").current_dir(here));
    let version = rust.as_deref().and_then(Version::find);
    let host = rust.as_deref().and_then(|text| {
        let host = text.lines().find_map(|line| line.strip_prefix("host: "));
        host.map(str::to_owned)
    });
    let mut checks = vec![
        check_rust(version, &needed(app)),
        check_cargo(cargo.as_deref().and_then(Version::find)),
    ];
    if let (Some(version), Some(host)) = (version, host) {
        checks.push(check_linker(version, &host, &flags(here)));
    }
    checks
}

fn check_rust(version: Option<Version>, needed: &str) -> Check {
    const NAME: &str = "rust";
    let oldest = Version::find(needed).unwrap_or(Version(1, 0, 0));
    match version {
        None => Check::failed(NAME, "rustc is not on PATH, or does not run", INSTALL),
        Some(found) if found < oldest => {
            let message = format!("{found} is too old: {needed} or newer is needed");
            Check::failed(NAME, message, UPDATE)
        }
        Some(found) => Check::ok(NAME, format!("{found} ({needed} or newer is needed)")),
    }
}

fn check_cargo(version: Option<Version>) -> Check {
    const NAME: &str = "cargo";
    match version {
        None => Check::failed(NAME, "cargo is not on PATH, or does not run", INSTALL),
        Some(found) if found < SHARING_CARGO => {
            let message = format!(
                "{found}: each app builds all crates of its own; from {SHARING_CARGO} on apps share them"
            );
            Check::warning(NAME, message, UPDATE)
        }
        Some(found) => Check::ok(NAME, format!("{found}; apps share what they build")),
    }
}

/// Edits are quick when the linker is: GNU's takes four times as long as LLD for an app.
fn check_linker(rust: Version, host: &str, flags: &str) -> Check {
    const NAME: &str = "linker";
    if !host.contains("linux") {
        return Check::ok(NAME, "the one of this system");
    }
    let has_cc = ["cc", "gcc", "clang"]
        .iter()
        .any(|name| find(name).is_some());
    if !has_cc {
        let message = "no `cc` on PATH: nothing can be linked";
        return Check::failed(NAME, message, "sudo apt-get install gcc");
    }
    if let Some(named) = ["mold", "lld", "wild"].iter().find(|name| {
        flags.contains(&format!("-fuse-ld={name}")) || flags.contains(&format!("ld.{name}"))
    }) {
        return Check::ok(NAME, format!("{named}, as the flags say"));
    }
    let has_lld = host == "x86_64-unknown-linux-gnu" && rust >= LLD_INSIDE;
    let is_off = flags.contains("linker-features=-lld") || flags.contains("-fuse-ld=bfd");
    if has_lld && !is_off {
        return Check::ok(NAME, "the LLD inside of Rust");
    }
    let message = if is_off {
        "the flags ask for GNU's, which takes four times as long after each edit"
    } else {
        "GNU's, which takes four times as long after each edit"
    };
    let fix = if is_off {
        "take that flag out of RUSTFLAGS or .cargo/config.toml".to_owned()
    } else if host == "x86_64-unknown-linux-gnu" {
        UPDATE.to_owned()
    } else {
        format!(
            "sudo apt-get install mold, and export CARGO_TARGET_{}_RUSTFLAGS=-Clink-arg=-fuse-ld=mold",
            variable(host)
        )
    };
    Check::warning(NAME, message, fix)
}

/// A target's name as it stands in variables of cargo.
fn variable(host: &str) -> String {
    host.to_uppercase().replace(['-', '.'], "_")
}

/// Everything that may say something to the linker: variables, and the files that cargo reads.
fn flags(here: &Path) -> String {
    let variables = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| {
            key == "RUSTFLAGS"
                || key == "CARGO_ENCODED_RUSTFLAGS"
                || key == "CARGO_BUILD_RUSTFLAGS"
                || key.starts_with("CARGO_TARGET_")
                    && (key.ends_with("_RUSTFLAGS") || key.ends_with("_LINKER"))
        })
        .map(|(_, value)| value);
    let here = here.canonicalize().unwrap_or_else(|_| here.to_owned());
    let folders = here.ancestors().map(|folder| folder.join(".cargo"));
    let files = folders.chain(cargo_call::cargo_home()).flat_map(|folder| {
        ["config.toml", "config"].map(|name| std::fs::read_to_string(folder.join(name)))
    });
    // Remarks may name what they advise against.
    let said = files.flatten().map(|text| {
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        lines.collect::<Vec<_>>().join("\n")
    });
    variables.chain(said).collect::<Vec<_>>().join("\n")
}

/// Where a program lies on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

/// The oldest Rust that the app takes.
fn needed(app: Option<&App>) -> String {
    let said = || {
        let manifest = std::fs::read_to_string(app?.root.join("Cargo.toml")).ok()?;
        let manifest: toml::Table = manifest.parse().ok()?;
        let version = manifest.get("package")?.get("rust-version")?.as_str()?;
        Some(version.to_owned())
    };
    said().unwrap_or_else(|| OLDEST_RUST.to_owned())
}

/// What a program answers, if it runs.
fn says(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `1.95.0`; what follows a `-` (beta, nightly) does not count.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Version(u32, u32, u32);

impl Version {
    /// The first word of a text that is one: `rustc 1.95.0 (59807616e 2026-04-14)`.
    fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut numbers = word.split('-').next()?.split('.').map(str::parse);
            let mut number = || numbers.next().map_or(Some(0), Result::ok);
            let found = Self(number()?, number()?, number()?);
            word.contains('.').then_some(found)
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        assert_eq!(
            Version::find("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some(Version(1, 95, 0))
        );
        assert_eq!(
            Version::find("cargo 1.91.0-nightly"),
            Some(Version(1, 91, 0))
        );
        assert_eq!(Version::find("1.88"), Some(Version(1, 88, 0)));
        assert_eq!(Version::find("no version here."), None);
        assert!(Version(1, 100, 0) > Version(1, 91, 3));
    }

    #[test]
    fn what_is_too_old_says_how_it_gets_new() {
        let old = check_rust(Version::find("1.87.0"), "1.88");
        assert_eq!(
            (old.state, old.fix.as_deref()),
            (State::Failed, Some(UPDATE))
        );
        assert_eq!(check_rust(Version::find("1.88.0"), "1.88").state, State::Ok);
        assert_eq!(check_rust(None, "1.88").fix.as_deref(), Some(INSTALL));
        assert_eq!(check_cargo(Version::find("1.90.0")).state, State::Warning);
        assert_eq!(check_cargo(Version::find("1.91.0")).state, State::Ok);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_slow_linker_is_told() {
        let new = Version(1, 95, 0);
        let intel = "x86_64-unknown-linux-gnu";
        let state = |rust, host, flags| check_linker(rust, host, flags).state;
        assert_eq!(state(new, intel, ""), State::Ok);
        assert_eq!(state(Version(1, 89, 0), intel, ""), State::Warning);
        assert_eq!(state(new, intel, "-Clinker-features=-lld"), State::Warning);
        assert_eq!(state(new, "aarch64-unknown-linux-gnu", ""), State::Warning);
        let mold = "link-arg=-fuse-ld=mold";
        assert_eq!(state(new, "aarch64-unknown-linux-gnu", mold), State::Ok);
        let arm = check_linker(new, "aarch64-unknown-linux-gnu", "");
        assert!(
            arm.fix
                .unwrap()
                .contains("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS")
        );
    }
}
